#include "user_store.h"

#include <array>
#include <utility>

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

// What a filter says in SQL. The text holds no values, so that few different statements arise.
struct Condition {
  std::string text;
  std::vector<nx_value> args;

  void add(std::string_view part) { text += (text.empty() ? " WHERE " : " AND ") + std::string(part); }
};

// Borrows from `filter` and `pattern`.
Condition condition_of(const UserFilter& filter, const std::string& pattern) {
  Condition condition;
  if (filter.role) {
    condition.add("role = ?");
    condition.args.push_back(bind_value(*filter.role));
  }
  if (filter.status) {
    condition.add("status = ?");
    condition.args.push_back(bind_value(*filter.status));
  }
  if (!filter.search.empty()) {
    condition.add("(username_key LIKE ? ESCAPE '!' OR email_key LIKE ? ESCAPE '!')");
    condition.args.insert(condition.args.end(), 2, bind_value(pattern));
  }
  return condition;
}

std::string order_of(std::string_view sort) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kColumns{{{"id", "id"},
                                                                                   {"username", "username_key"},
                                                                                   {"email", "email_key"},
                                                                                   {"role", "role"},
                                                                                   {"status", "status"},
                                                                                   {"created_at", "created_us"},
                                                                                   {"last_login_at", "last_login_us"}}};
  const bool descending = sort.starts_with('-');
  if (descending) sort.remove_prefix(1);
  const std::string direction = descending ? " DESC" : "";
  for (const auto& [field, column] : kColumns) {
    if (field != sort || column == "id") continue;
    return " ORDER BY " + std::string(column) + direction + ", id" + direction;
  }
  return " ORDER BY id" + direction;
}

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
  const auto pattern = like_anywhere(filter.search);
  auto condition = condition_of(filter, pattern);
  condition.args.push_back(bind_value(filter.limit));
  condition.args.push_back(bind_value(filter.offset));
  return sql_.all_values(read_user, select(kUserColumns) + condition.text + order_of(filter.sort) + " LIMIT ? OFFSET ?",
                         condition.args);
}

Result<std::int64_t> UserStore::count(const UserFilter& filter) const {
  const auto pattern = like_anywhere(filter.search);
  const auto condition = condition_of(filter, pattern);
  NEXUS_ASSIGN(const auto counts, sql_.all_values([](const Row& row) { return row.integer(0); },
                                                  select("COUNT(*)") + condition.text, condition.args));
  return counts.empty() ? 0 : counts.front();
}

Result<bool> UserStore::stamp_login(std::int64_t id, std::int64_t now_us) const {
  NEXUS_ASSIGN(const auto done, sql_.exec("UPDATE users_accounts SET last_login_us = ? WHERE id = ?", now_us, id));
  return done.affected != 0;
}

std::string like_anywhere(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  return pattern + '%';
}

}  // namespace nexus::users
