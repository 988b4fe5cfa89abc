// users.credentials/1: accounts and their passwords, as the plugin that issues tokens asks for them.
//
// Payloads are JSON. An answer is {"ok": ...} or {"error": ...} (nexus/cpp/json.h); a failing status means that the
// service itself could not answer.
//
// `address` is the client's. Wrong passwords and wrong second factors are counted for each account, apart for addresses
// from which it was logged in to before: after five the account is closed to that address, or to all that are not
// known, for a while. A closed account answers as if the password were wrong.
//
// | method          | payload                               | ok                                                      |
// | create          | username, email, password, [language] | user; errors 40901 (taken) and 42201 (with a field)     |
// | verify          | username (or e-mail), password,       | user; error 40001 alike for an unknown user, a wrong    |
// |                 | address                               | password, a disabled and a closed account, in the same  |
// |                 |                                       | time                                                    |
// | check_password  | id, password, address                 | user; error 40001 as above: for who is logged in already|
// | change_password | id, old_password, password, address   | user as changed; errors 40001 and 42201                 |
// | get             | id                                    | user; error 40401                                       |
// | find            | username (or e-mail)                  | user; error 40401: for operators' commands              |
// | is_open         | id, address                           | {"open": bool}: before a second factor is looked at     |
// | failed          | id, address                           | {}; counts a wrong second factor                        |
// | signed_in       | id, address                           | {}; stamps last_login_at, and knows the address: what   |
// |                 |                                       | was counted there is forgotten                          |
#pragma once

#include <nexus/cpp/json.h>

namespace nexus::contracts {

inline constexpr std::string_view kCredentialsService = "users.credentials/1";

// Published by users when an account changes (name, role, status, language, password), and when it is removed; key and
// payload carry its id. What must be so at once does not wait for an event: users invalidates the user before it
// answers.
inline constexpr std::string_view kUserChangedTopic = "users.changed/1";
inline constexpr std::string_view kUserRemovedTopic = "users.removed/1";

struct User {
  std::int64_t id = 0;
  std::string username;
  std::string email;
  std::optional<std::string> avatar;
  std::string role;      // admin, operator, user
  std::string status;    // active, disabled
  std::string language;  // zh-CN, en
  std::int64_t created_us = 0;
  std::int64_t updated_us = 0;
  std::optional<std::int64_t> last_login_us;
  std::int64_t password_changed_us = 0;  // sessions from before it are over

  bool active() const noexcept { return status == "active"; }
};

inline Json to_json(const User& user) {
  return {{"id", user.id},
          {"username", user.username},
          {"email", user.email},
          {"avatar", json_or_null(user.avatar)},
          {"role", user.role},
          {"status", user.status},
          {"language", user.language},
          {"created_us", user.created_us},
          {"updated_us", user.updated_us},
          {"last_login_us", json_or_null(user.last_login_us)},
          {"password_changed_us", user.password_changed_us}};
}

inline User user_from(const Json& value) {
  User user;
  user.id = value.value("id", std::int64_t{0});
  user.username = value.value("username", "");
  user.email = value.value("email", "");
  user.avatar = optional_text(value, "avatar");
  user.role = value.value("role", "");
  user.status = value.value("status", "");
  user.language = value.value("language", "");
  user.created_us = value.value("created_us", std::int64_t{0});
  user.updated_us = value.value("updated_us", std::int64_t{0});
  user.last_login_us = optional_integer(value, "last_login_us");
  user.password_changed_us = value.value("password_changed_us", std::int64_t{0});
  return user;
}

}  // namespace nexus::contracts
