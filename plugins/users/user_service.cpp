#include "user_service.h"

#include "field_rules.h"
#include "guess_guard.h"
#include "network.h"
#include "unicode_text.h"

#include <nexus/cpp/etag.h>

#include <utility>

namespace nexus::users {
namespace {

constexpr std::string_view kDefaultLanguage = "zh-CN";

Error taken(const char* details_key) { return Error::api(code::kExists, details_key); }
Error last_admin() { return Error::api(code::kWrongState, "users.last_admin"); }

bool is_active_admin(const User& user) noexcept { return user.role == "admin" && user.active(); }

Result<void> check_fields(const UserChange& change) {
  if (change.email) NEXUS_TRY(check_email(*change.email));
  if (change.role) NEXUS_TRY(check_role(*change.role));
  if (change.status) NEXUS_TRY(check_status(*change.status));
  if (change.language) NEXUS_TRY(check_language(*change.language));
  if (change.avatar && *change.avatar) NEXUS_TRY(check_avatar(**change.avatar));
  return {};
}

// `user` with what `change` says.
Result<ChangedAccount> apply(User user, const UserChange& change, std::int64_t now_us) {
  NEXUS_ASSIGN(auto name, check_username(change.username.value_or(user.username)));
  user.username = std::move(name.shown);
  user.email = change.email.value_or(user.email);
  user.role = change.role.value_or(user.role);
  user.status = change.status.value_or(user.status);
  user.language = change.language.value_or(user.language);
  user.avatar = change.avatar.value_or(user.avatar);
  user.updated_us = moved_on(now_us, user.updated_us);
  auto key = email_key(user.email);
  return ChangedAccount{std::move(user), std::move(name.key), std::move(key)};
}

}  // namespace

Result<NewAccount> UserService::prepare(const Registration& given) const {
  NEXUS_ASSIGN(auto name, check_username(given.username));
  NEXUS_TRY(check_email(given.email));
  NEXUS_TRY(users::check_new_password(given.password, given.username, given.email));
  const std::string_view language = given.language.empty() ? kDefaultLanguage : given.language;
  NEXUS_TRY(check_fields({.role = given.role, .status = given.status, .language = std::string(language)}));
  if (given.avatar) NEXUS_TRY(check_avatar(*given.avatar));
  NewAccount account{std::move(name.shown), std::move(name.key), given.email, email_key(given.email), given.role,
                     std::string(language), given.status,        given.avatar};
  NEXUS_TRY(check_free(account.username_key, account.email_key, 0));
  return account;
}

Result<User> UserService::add(const NewAccount& account, std::string_view password_hash) const {
  const auto id = store_.insert(account, password_hash, now_us());
  if (!id.ok() && id.error().status() == Status::conflict) {
    NEXUS_TRY(check_free(account.username_key, account.email_key, 0));
  }
  if (!id.ok()) return id.error();
  return get(*id);
}

Result<std::optional<Account>> UserService::find_by_name(std::string_view name) const {
  if (is_email(name)) return store_.find_by_email(email_key(name));
  const auto username = read_username(name);
  if (!username.ok()) return std::optional<Account>();
  return store_.find_by_username(username->key);
}

Result<User> UserService::get(std::int64_t id) const {
  NEXUS_ASSIGN(auto user, store_.find(id));
  if (!user) return Error::api(code::kNotFound);
  return *std::move(user);
}

Result<Account> UserService::account(std::int64_t id) const {
  NEXUS_ASSIGN(auto account, store_.find_account(id));
  if (!account) return Error::api(code::kNotFound);
  return *std::move(account);
}

Result<UserList> UserService::list(const UserFilter& filter) const {
  UserFilter wanted = filter;
  wanted.search = folded(filter.search).value_or(filter.search);
  UserList list;
  NEXUS_ASSIGN(list.total, store_.count(wanted));
  if (filter.offset < list.total) {
    NEXUS_ASSIGN(list.users, store_.list(wanted));
  }
  return list;
}

Result<User> UserService::signed_in(std::int64_t id, std::string_view address) const {
  NEXUS_ASSIGN(auto transaction, Sql(*call_).begin());
  const UserStore store(transaction);
  // first the account: log-ins of one account then follow each other
  NEXUS_ASSIGN(const bool known, store.stamp_login(id, now_us()));
  if (!known) return Error::api(code::kNotFound);
  NEXUS_TRY(GuessGuard(transaction, now_us()).signed_in(id, network_of(address)));
  NEXUS_ASSIGN(auto user, store.find(id));
  NEXUS_TRY(transaction.commit());
  return *std::move(user);
}

Result<ChangedUser> UserService::change(std::int64_t id, const UserChange& change, const Precondition& wanted) const {
  NEXUS_TRY(check_fields(change));
  auto changed = [&]() -> Result<ChangedUser> {
    NEXUS_ASSIGN(auto transaction, Sql(*call_).begin());
    NEXUS_ASSIGN(auto done, change_locked(transaction, id, change, wanted));
    NEXUS_TRY(transaction.commit());
    return done;
  }();
  const bool conflict = !changed.ok() && changed.error().status() == Status::conflict;
  if (!conflict || !changed.error().details_key().empty()) return changed;
  // a name or an address is taken: the transaction is over, so whose it is can be asked for
  const auto username = read_username(change.username.value_or(""));
  NEXUS_TRY(check_free(username.ok() ? username->key : "", email_key(change.email.value_or("")), id));
  return changed;
}

Result<ChangedUser> UserService::change_locked(const Transaction& transaction, std::int64_t id,
                                               const UserChange& change, const Precondition& wanted) const {
  const UserStore store(transaction);
  std::int64_t admins = 0;
  if (change.role || change.status) {
    NEXUS_ASSIGN(admins, store.lock_active_admins());
  }
  NEXUS_ASSIGN(const auto before, store.find_and_lock(id));
  if (!before) return Error::api(code::kNotFound);
  if (!wanted(*before)) return Error::api(code::kExists, "users.stale");
  NEXUS_ASSIGN(const auto after, apply(*before, change, now_us()));
  if (is_active_admin(*before) && !is_active_admin(after.user) && admins <= 1) return last_admin();
  NEXUS_TRY(store.update(after));
  return ChangedUser{*before, after.user};
}

Result<User> UserService::remove(std::int64_t id) const {
  NEXUS_ASSIGN(auto transaction, Sql(*call_).begin());
  const UserStore store(transaction);
  NEXUS_ASSIGN(const auto admins, store.lock_active_admins());
  NEXUS_ASSIGN(const auto user, store.find_and_lock(id));
  if (!user) return Error::api(code::kNotFound);
  if (is_active_admin(*user) && admins <= 1) return last_admin();
  NEXUS_TRY(store.remove(id));
  NEXUS_TRY(GuessGuard(transaction, now_us()).remove(id));
  NEXUS_TRY(transaction.commit());
  return *user;
}

Result<void> UserService::check_new_password(std::string_view password, const User& user) {
  return users::check_new_password(password, user.username, user.email);
}

Result<bool> UserService::set_password(std::int64_t id, std::string_view hash, std::string_view old_hash) const {
  return store_.set_password(id, hash, old_hash, now_us());
}

Result<User> UserService::reset_password(std::int64_t id, std::string_view hash) const {
  NEXUS_ASSIGN(auto transaction, Sql(*call_).begin());
  const UserStore store(transaction);
  NEXUS_ASSIGN(const bool known, store.set_password(id, hash, "", now_us()));
  if (!known) return Error::api(code::kNotFound);
  NEXUS_TRY(GuessGuard(transaction, now_us()).unlock(id));
  NEXUS_ASSIGN(auto user, store.find(id));
  NEXUS_TRY(transaction.commit());
  return *std::move(user);
}

Result<User> UserService::unlock(std::int64_t id) const {
  NEXUS_ASSIGN(auto user, get(id));
  NEXUS_TRY(GuessGuard(Sql(*call_), now_us()).unlock(id));
  return user;
}

// An empty key is nobody's.
Result<void> UserService::check_free(std::string_view username_key, std::string_view email_key,
                                     std::int64_t own_id) const {
  NEXUS_ASSIGN(const auto same_name, store_.find_by_username(username_key));
  if (same_name && same_name->user.id != own_id) return taken("users.username_taken");
  NEXUS_ASSIGN(const auto same_email, store_.find_by_email(email_key));
  if (same_email && same_email->user.id != own_id) return taken("users.email_taken");
  return {};
}

}  // namespace nexus::users
