// users_accounts: SQL and nothing else.
#pragma once

#include <nexus/cpp/contracts/credentials.h>
#include <nexus/cpp/db.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::users {

using contracts::User;

struct Account {
  User user;
  std::string password_hash;
};

// A row that is not there yet.
struct NewAccount {
  std::string username;
  std::string username_key;
  std::string email;
  std::string email_key;
  std::string role;
  std::string language;
  std::string status = "active";
  std::optional<std::string> avatar = {};
};

// What PATCH changes: the row as it will be, and its keys.
struct ChangedAccount {
  User user;
  std::string username_key;
  std::string email_key;
};

struct UserFilter {
  std::optional<std::string> role = {};
  std::optional<std::string> status = {};
  std::string search = {};           // folded; empty: everybody
  std::string sort = "-created_at";  // a field of the answer, with '-' for descending; an unknown one sorts by id
  std::int64_t limit = 0;
  std::int64_t offset = 0;
};

// On behalf of one call; every function blocks.
class UserStore {
 public:
  explicit UserStore(Call& call) noexcept : sql_(call) {}
  // Inside a transaction that outlives it.
  explicit UserStore(const Sql& sql) noexcept : sql_(sql) {}

  Result<bool> empty() const;
  // Status::conflict where the name or the address is taken.
  Result<std::int64_t> insert(const NewAccount& account, std::string_view password_hash, std::int64_t now_us) const;
  Result<std::optional<User>> find(std::int64_t id) const;
  Result<std::optional<Account>> find_account(std::int64_t id) const;
  Result<std::optional<Account>> find_by_username(std::string_view key) const;
  Result<std::optional<Account>> find_by_email(std::string_view key) const;
  Result<std::vector<User>> list(const UserFilter& filter) const;
  Result<std::int64_t> count(const UserFilter& filter) const;
  // False where there is no such account.
  Result<bool> stamp_login(std::int64_t id, std::int64_t now_us) const;
  // False where there is no such account, or where its hash is not `old_hash` (empty: whatever it is).
  Result<bool> set_password(std::int64_t id, std::string_view hash, std::string_view old_hash,
                            std::int64_t now_us) const;

  // Inside a transaction: locks the rows of all active administrators, and answers how many there are, until its end.
  // SQLite's transactions exclude each other anyway. Lock them before any other row, so that no two wait for each
  // other.
  Result<std::int64_t> lock_active_admins() const;
  // Inside a transaction: as find, and the row is locked.
  Result<std::optional<User>> find_and_lock(std::int64_t id) const;
  // Status::conflict where the name or the address is taken.
  Result<void> update(const ChangedAccount& account) const;
  Result<void> remove(std::int64_t id) const;

 private:
  const char* for_update() const noexcept { return sql_.is_mysql() ? " FOR UPDATE" : ""; }

  Sql sql_;
};

}  // namespace nexus::users
