#include "user_store.h"

#include <nexus/cpp/list_query.h>

#include <array>

namespace nexus::users {
namespace {

constexpr std::string_view kUserColumns =
    "id, username, email, avatar, role, status, language, created_us, updated_us, last_login_us, password_changed_us";

User read_user(const Row& row) {
  User user;
  user.id = row.integer(0);
  user.username = row.string(1);
  user.email = row.string(2);
  user.avatar = row.optional_string(3);
  user.role = row.string(4);
  user.status = row.string(5);
  user.language = row.string(6);
  user.created_us = row.integer(7);
  user.updated_us = row.integer(8);
  user.last_login_us = row.optional_integer(9);
  user.password_changed_us = row.integer(10);
  return user;
}

Account read_account(const Row& row) { return {read_user(row), row.string(11)}; }

std::string select(std::string_view columns) { return "SELECT " + std::string(columns) + " FROM users_accounts"; }

// Borrows from `filter` and `pattern`.
Where where_of(const UserFilter& filter, const std::string& pattern) {
  Where where;
  if (filter.role) where.add("role = ?", *filter.role);
  if (filter.status) where.add("status = ?", *filter.status);
  if (!filter.search.empty())
    where.add("(username_key LIKE ? ESCAPE '!' OR email_key LIKE ? ESCAPE '!')", pattern, pattern);
  return where;
}

constexpr std::array<SortColumn, 6> kSortColumns{{{"username", "username_key"},
                                                  {"email", "email_key"},
                                                  {"role", "role"},
                                                  {"status", "status"},
                                                  {"created_at", "created_us"},
                                                  {"last_login_at", "last_login_us"}}};

}  // namespace

Result<bool> UserStore::empty() const {
  NEXUS_ASSIGN(const auto row, sql_.first([](const Row&) { return true; }, "SELECT id FROM users_accounts LIMIT 1"));
  return !row.has_value();
}

Result<std::int64_t> UserStore::insert(const NewAccount& account, std::string_view password_hash,
                                       std::int64_t now_us) const {
  NEXUS_ASSIGN(const auto done,
               sql_.exec("INSERT INTO users_accounts (username, username_key, email, email_key, password_hash, role, "
                         "status, language, created_us, updated_us, password_changed_us) "
                         "VALUES (?, ?, ?, ?, ?, ?, 'active', ?, ?, ?, ?)",
                         account.username, account.username_key, account.email, account.email_key, password_hash,
                         account.role, account.language, now_us, now_us, now_us));
  return done.last_id;
}

Result<std::optional<User>> UserStore::find(std::int64_t id) const {
  return sql_.first(read_user, select(kUserColumns) + " WHERE id = ?", id);
}

Result<std::optional<Account>> UserStore::find_by_username(std::string_view key) const {
  return sql_.first(read_account, select(std::string(kUserColumns) + ", password_hash") + " WHERE username_key = ?",
                    key);
}

Result<std::optional<Account>> UserStore::find_by_email(std::string_view key) const {
  return sql_.first(read_account, select(std::string(kUserColumns) + ", password_hash") + " WHERE email_key = ?", key);
}

Result<std::vector<User>> UserStore::list(const UserFilter& filter) const {
  const auto pattern = contains_pattern(filter.search);
  auto where = where_of(filter, pattern);
  where.bind(filter.limit, filter.offset);
  return sql_.all_values(
      read_user, select(kUserColumns) + where.text() + order_by(filter.sort, kSortColumns, "id") + " LIMIT ? OFFSET ?",
      where.args());
}

Result<std::int64_t> UserStore::count(const UserFilter& filter) const {
  const auto pattern = contains_pattern(filter.search);
  const auto where = where_of(filter, pattern);
  return sql_.number_values(select("COUNT(*)") + where.text(), where.args());
}

Result<bool> UserStore::stamp_login(std::int64_t id, std::int64_t now_us) const {
  NEXUS_ASSIGN(const auto done, sql_.exec("UPDATE users_accounts SET last_login_us = ? WHERE id = ?", now_us, id));
  return done.affected != 0;
}

}  // namespace nexus::users
