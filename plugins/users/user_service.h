// The rules about accounts.
#pragma once

#include "user_store.h"

#include <nexus/cpp/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::users {

struct Registration {
  std::string username;
  std::string email;
  std::string_view password;
  std::string language;  // empty: zh-CN
};

struct UserList {
  std::vector<User> users;
  std::int64_t total = 0;
};

// On behalf of one call.
class UserService {
 public:
  explicit UserService(UserStore store) noexcept : store_(store) {}

  // What add() will need, once the password is hashed: 42201 with the field that breaks a rule, 40901 where the name or
  // the address is taken. Takes no time to speak of, so that a refusal costs no hash.
  Result<NewAccount> prepare(const Registration& registration) const;
  // 40901 where another one was quicker.
  Result<User> add(const NewAccount& account, std::string_view password_hash, std::int64_t now_us) const;

  // By user name or by e-mail address, without regard to case.
  Result<std::optional<Account>> find_for_login(std::string_view name) const;
  Result<User> get(std::int64_t id) const;
  Result<UserList> list(const UserFilter& filter) const;
  // Stamps the login and answers whose it was.
  Result<User> signed_in(std::int64_t id, std::int64_t now_us) const;

 private:
  Result<void> check_free(const NewAccount& account) const;

  UserStore store_;
};

}  // namespace nexus::users
