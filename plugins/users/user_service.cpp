#include "user_service.h"

#include "account_names.h"
#include "password_rules.h"

#include <utility>

namespace nexus::users {
namespace {

constexpr std::string_view kDefaultLanguage = "zh-CN";

Error taken(const char* details_key) { return Error::api(code::kExists, details_key); }

Result<void> username_error(std::string_view username) {
  switch (check_username(username)) {
    case UsernameFlaw::none: return {};
    case UsernameFlaw::too_short: return Error::field("username", "minLength", "users.username_too_short");
    case UsernameFlaw::too_long:
      return Error::field("username", "maxLength", "users.username_too_long",
                          {{"maximum", std::to_string(kMaxUsernameBytes)}});
    case UsernameFlaw::characters: return Error::field("username", "characters", "users.username_characters");
  }
  return {};
}

Result<void> password_error(const Registration& registration) {
  switch (check_password(registration.password, registration.username, registration.email)) {
    case PasswordFlaw::none: return {};
    case PasswordFlaw::too_short:
      return Error::field("password", "minLength", "users.password_too_short",
                          {{"minimum", std::to_string(kMinPasswordCharacters)}});
    case PasswordFlaw::too_long:
      return Error::field("password", "maxLength", "users.password_too_long",
                          {{"maximum", std::to_string(kMaxPasswordBytes)}});
    case PasswordFlaw::nul: return Error::field("password", "characters", "users.password_nul");
    case PasswordFlaw::common: return Error::field("password", "common", "users.password_common");
    case PasswordFlaw::like_name: return Error::field("password", "common", "users.password_like_name");
  }
  return {};
}

}  // namespace

Result<NewAccount> UserService::prepare(const Registration& registration) const {
  const std::string_view language = registration.language.empty() ? kDefaultLanguage : registration.language;
  NEXUS_TRY(username_error(registration.username));
  if (!is_email(registration.email)) return Error::field("email", "format", "users.email_invalid");
  NEXUS_TRY(password_error(registration));
  if (language != "zh-CN" && language != "en") return Error::field("language", "enum", "users.language_unknown");
  NewAccount account{
      registration.username, fold(registration.username), registration.email, fold(registration.email), "user",
      std::string(language)};
  NEXUS_TRY(check_free(account));
  return account;
}

Result<User> UserService::add(const NewAccount& account, std::string_view password_hash, std::int64_t now_us) const {
  const auto id = store_.insert(account, password_hash, now_us);
  if (!id.ok() && id.error().status() == Status::conflict) {
    NEXUS_TRY(check_free(account));
  }
  if (!id.ok()) return id.error();
  return get(*id);
}

Result<std::optional<Account>> UserService::find_for_login(std::string_view name) const {
  const auto key = fold(name);
  return key.find('@') == std::string::npos ? store_.find_by_username(key) : store_.find_by_email(key);
}

Result<User> UserService::get(std::int64_t id) const {
  NEXUS_ASSIGN(auto user, store_.find(id));
  if (!user) return Error::api(code::kNotFound);
  return *std::move(user);
}

Result<UserList> UserService::list(const UserFilter& filter) const {
  UserFilter folded = filter;
  folded.search = fold(filter.search);
  UserList list;
  NEXUS_ASSIGN(list.total, store_.count(folded));
  if (filter.offset < list.total) {
    NEXUS_ASSIGN(list.users, store_.list(folded));
  }
  return list;
}

Result<User> UserService::signed_in(std::int64_t id, std::int64_t now_us) const {
  NEXUS_ASSIGN(const bool known, store_.stamp_login(id, now_us));
  if (!known) return Error::api(code::kNotFound);
  return get(id);
}

Result<void> UserService::check_free(const NewAccount& account) const {
  NEXUS_ASSIGN(const auto same_name, store_.find_by_username(account.username_key));
  if (same_name) return taken("users.username_taken");
  NEXUS_ASSIGN(const auto same_email, store_.find_by_email(account.email_key));
  if (same_email) return taken("users.email_taken");
  return {};
}

}  // namespace nexus::users
