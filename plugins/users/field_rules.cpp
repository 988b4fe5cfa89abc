#include "field_rules.h"

#include "password_rules.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>

namespace nexus::users {
namespace {

constexpr std::array<std::string_view, 3> kRoles{"admin", "operator", "user"};
constexpr std::array<std::string_view, 2> kStatuses{"active", "disabled"};
constexpr std::array<std::string_view, 2> kLanguages{"zh-CN", "en"};

Error too_long(const char* field, const char* key, std::size_t maximum) {
  return Error::field(field, "maxLength", key, {{"maximum", std::to_string(maximum)}});
}

Error username_error(UsernameFlaw flaw) {
  switch (flaw) {
    case UsernameFlaw::too_short: return Error::field("username", "minLength", "users.username_too_short");
    case UsernameFlaw::too_long: return too_long("username", "users.username_too_long", kMaxUsernameBytes);
    case UsernameFlaw::mixed_scripts: return Error::field("username", "scripts", "users.username_mixed_scripts");
    case UsernameFlaw::characters: break;
  }
  return Error::field("username", "characters", "users.username_characters");
}

Result<void> check_one_of(std::string_view value, std::span<const std::string_view> values, const char* field,
                          const char* key) {
  if (std::find(values.begin(), values.end(), value) != values.end()) return {};
  return Error::field(field, "enum", key);
}

}  // namespace

Result<Username> check_username(std::string_view username) {
  auto name = read_username(username);
  if (!name.ok()) return username_error(name.error());
  return std::move(name).value();
}

Result<void> check_email(std::string_view email) {
  if (!is_email(email)) return Error::field("email", "format", "users.email_invalid");
  return {};
}

Result<void> check_new_password(std::string_view password, std::string_view username, std::string_view email) {
  switch (check_password(password, username, email)) {
    case PasswordFlaw::none: return {};
    case PasswordFlaw::too_short:
      return Error::field("password", "minLength", "users.password_too_short",
                          {{"minimum", std::to_string(kMinPasswordCharacters)}});
    case PasswordFlaw::too_long: return too_long("password", "users.password_too_long", kMaxPasswordBytes);
    case PasswordFlaw::nul: return Error::field("password", "characters", "users.password_nul");
    case PasswordFlaw::common: return Error::field("password", "common", "users.password_common");
    case PasswordFlaw::like_name: return Error::field("password", "common", "users.password_like_name");
  }
  return {};
}

Result<void> check_avatar(std::string_view avatar) {
  if (!is_avatar(avatar)) return Error::field("avatar", "format", "users.avatar_invalid");
  return {};
}

Result<void> check_role(std::string_view role) { return check_one_of(role, kRoles, "role", "users.role_unknown"); }
Result<void> check_status(std::string_view status) {
  return check_one_of(status, kStatuses, "status", "users.status_unknown");
}
Result<void> check_language(std::string_view language) {
  return check_one_of(language, kLanguages, "language", "users.language_unknown");
}

}  // namespace nexus::users
