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

  Result<bool> empty() const;
  // Status::conflict where the name or the address is taken.
  Result<std::int64_t> insert(const NewAccount& account, std::string_view password_hash, std::int64_t now_us) const;
  Result<std::optional<User>> find(std::int64_t id) const;
  Result<std::optional<Account>> find_by_username(std::string_view key) const;
  Result<std::optional<Account>> find_by_email(std::string_view key) const;
  Result<std::vector<User>> list(const UserFilter& filter) const;
  Result<std::int64_t> count(const UserFilter& filter) const;
  // False where there is no such account.
  Result<bool> stamp_login(std::int64_t id, std::int64_t now_us) const;

 private:
  Sql sql_;
};

}  // namespace nexus::users
