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
std::string select_account() { return select(std::string(kUserColumns) + ", password_hash"); }

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
                         "status, language, avatar, created_us, updated_us, password_changed_us) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         account.username, account.username_key, account.email, account.email_key, password_hash,
                         account.role, account.status, account.language, account.avatar, now_us, now_us, now_us));
  return done.last_id;
}

Result<std::optional<User>> UserStore::find(std::int64_t id) const {
  return sql_.first(read_user, select(kUserColumns) + " WHERE id = ?", id);
}

Result<std::optional<Account>> UserStore::find_account(std::int64_t id) const {
  return sql_.first(read_account, select_account() + " WHERE id = ?", id);
}

Result<std::optional<Account>> UserStore::find_by_username(std::string_view key) const {
  return sql_.first(read_account, select_account() + " WHERE username_key = ?", key);
}

Result<std::optional<Account>> UserStore::find_by_email(std::string_view key) const {
  return sql_.first(read_account, select_account() + " WHERE email_key = ?", key);
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

Result<bool> UserStore::set_password(std::int64_t id, std::string_view hash, std::string_view old_hash,
                                     std::int64_t now_us) const {
  // updated_us always moves on, because it is what tells one state of a row from another
  NEXUS_ASSIGN(
      const auto done,
      sql_.exec("UPDATE users_accounts SET password_hash = ?, password_changed_us = ?, updated_us = CASE WHEN "
                "updated_us >= ? THEN updated_us + 1 ELSE ? END WHERE id = ? AND (? = '' OR password_hash = ?)",
                hash, now_us, now_us, now_us, id, old_hash, old_hash));
  return done.affected != 0;
}

Result<std::int64_t> UserStore::lock_active_admins() const {
  const auto sql = select("id") + " WHERE role = 'admin' AND status = 'active' ORDER BY id" + for_update();
  NEXUS_ASSIGN(const auto ids, sql_.all([](const Row& row) { return row.integer(0); }, sql));
  return static_cast<std::int64_t>(ids.size());
}

Result<std::optional<User>> UserStore::find_and_lock(std::int64_t id) const {
  return sql_.first(read_user, select(kUserColumns) + " WHERE id = ?" + for_update(), id);
}

Result<void> UserStore::update(const ChangedAccount& account) const {
  const auto& user = account.user;
  const auto done = sql_.exec(
      "UPDATE users_accounts SET username = ?, username_key = ?, email = ?, email_key = ?, avatar = ?, role = ?, "
      "status = ?, language = ?, updated_us = ? WHERE id = ?",
      user.username, account.username_key, user.email, account.email_key, user.avatar, user.role, user.status,
      user.language, user.updated_us, user.id);
  if (!done.ok()) return done.error();
  return {};
}

Result<void> UserStore::remove(std::int64_t id) const {
  const auto done = sql_.exec("DELETE FROM users_accounts WHERE id = ?", id);
  if (!done.ok()) return done.error();
  return {};
}

}  // namespace nexus::users
