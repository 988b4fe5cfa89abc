// The rules about accounts.
#pragma once

#include "user_store.h"

#include <nexus/cpp/result.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::users {

struct Registration {
  std::string username;
  std::string email;
  std::string_view password;
  std::string language = {};  // empty: zh-CN
  std::string role = "user";
  std::string status = "active";
  std::optional<std::string> avatar = {};
};

// What somebody asks to change; absent members stay as they are.
struct UserChange {
  std::optional<std::string> username = {};
  std::optional<std::string> email = {};
  std::optional<std::string> role = {};
  std::optional<std::string> status = {};
  std::optional<std::string> language = {};
  std::optional<std::optional<std::string>> avatar = {};  // nullopt inside: none from now on
};

struct ChangedUser {
  User before;
  User after;
};

struct UserList {
  std::vector<User> users;
  std::int64_t total = 0;
};

// Whether a row as it is now is the one that the caller means to change.
using Precondition = std::function<bool(const User&)>;

// On behalf of one call, outside transactions: what needs one makes it.
class UserService {
 public:
  explicit UserService(Call& call) noexcept : call_(&call), store_(call) {}

  // What add() will need, once the password is hashed: 42201 with the field that breaks a rule, 40901 where the name or
  // the address is taken. Takes no time to speak of, so that a refusal costs no hash.
  Result<NewAccount> prepare(const Registration& registration) const;
  // 40901 where another one was quicker.
  Result<User> add(const NewAccount& account, std::string_view password_hash) const;

  // By user name or by e-mail address, in any spelling; nullopt also for what can be neither.
  Result<std::optional<Account>> find_by_name(std::string_view name) const;
  Result<User> get(std::int64_t id) const;
  Result<Account> account(std::int64_t id) const;
  Result<UserList> list(const UserFilter& filter) const;
  // Stamps the login and answers whose it was; what was counted at `address` is forgotten, and it is known.
  Result<User> signed_in(std::int64_t id, std::string_view address) const;

  // 42201, 40901 (taken, or `wanted` says that it is another state: users.stale), 40903 for the last administrator.
  Result<ChangedUser> change(std::int64_t id, const UserChange& change, const Precondition& wanted) const;
  // Answers who it was; 40903 for the last administrator.
  Result<User> remove(std::int64_t id) const;

  // 42201 where the account may not have this password.
  static Result<void> check_new_password(std::string_view password, const User& user);
  // Ends all sessions from before. False where the hash is no longer `old_hash`; whatever it is, where that is empty.
  Result<bool> set_password(std::int64_t id, std::string_view hash, std::string_view old_hash) const;
  // By an administrator or operator: as above, and nothing that was counted for the old password counts for the new.
  Result<User> reset_password(std::int64_t id, std::string_view hash) const;
  // All counters of wrong passwords are as new.
  Result<User> unlock(std::int64_t id) const;

 private:
  std::int64_t now_us() const noexcept { return call_->host().now_us(); }
  Result<ChangedUser> change_locked(const Transaction& transaction, std::int64_t id, const UserChange& change,
                                    const Precondition& wanted) const;
  Result<void> check_free(std::string_view username_key, std::string_view email_key, std::int64_t own_id) const;

  Call* call_;
  UserStore store_;
};

}  // namespace nexus::users
