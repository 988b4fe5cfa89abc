#include "api_token_store.h"

#include <nexus/cpp/json.h>

namespace nexus::auth {
namespace {

std::string select_tokens(std::string_view rest) {
  return "SELECT id, user_id, hash, prefix, name, scopes, allowed_addresses, created_us, expires_us, last_used_us, "
         "last_used_address FROM auth_api_tokens" +
         std::string(rest);
}

// Lists are kept as JSON: nobody searches in them.
std::vector<std::string> read_list(std::string_view json) {
  std::vector<std::string> texts;
  const auto list = parse_json(json);
  if (!list.ok()) return texts;
  for (const auto& text : *list) {
    if (text.is_string()) texts.push_back(text.get<std::string>());
  }
  return texts;
}

ApiToken read_token(const Row& row) {
  ApiToken token;
  token.id = row.integer(0);
  token.user_id = row.integer(1);
  token.hash = row.string(2);
  token.prefix = row.string(3);
  token.name = row.string(4);
  token.scopes = read_list(row.text(5));
  token.allowed_addresses = read_list(row.text(6));
  token.created_us = row.integer(7);
  token.expires_us = row.optional_integer(8);
  token.last_used_us = row.optional_integer(9);
  token.last_used_address = row.optional_string(10);
  return token;
}

}  // namespace

Result<std::optional<std::int64_t>> ApiTokenStore::insert(const ApiToken& token, std::int64_t most) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());  // SQLite has one writer; MySQL locks the rows that are counted
  NEXUS_ASSIGN(
      const auto held,
      transaction.number(transaction.is_mysql() ? "SELECT COUNT(*) FROM auth_api_tokens WHERE user_id = ? FOR UPDATE"
                                                : "SELECT COUNT(*) FROM auth_api_tokens WHERE user_id = ?",
                         token.user_id));
  if (held >= most) return std::optional<std::int64_t>();
  NEXUS_ASSIGN(const auto done,
               transaction.exec("INSERT INTO auth_api_tokens (user_id, hash, prefix, name, scopes, allowed_addresses, "
                                "created_us, expires_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                                token.user_id, token.hash, token.prefix, token.name, dump(Json(token.scopes)),
                                dump(Json(token.allowed_addresses)), token.created_us, token.expires_us));
  NEXUS_TRY(transaction.commit());
  return std::optional(done.last_id);
}

Result<std::optional<ApiToken>> ApiTokenStore::find_by_hash(std::string_view hash) const {
  return sql_.first(read_token, select_tokens(" WHERE hash = ?"), hash);
}

Result<std::vector<ApiToken>> ApiTokenStore::list(std::int64_t user_id, std::int64_t limit, std::int64_t offset) const {
  return sql_.all(read_token, select_tokens(" WHERE user_id = ? ORDER BY id DESC LIMIT ? OFFSET ?"), user_id, limit,
                  offset);
}

Result<std::int64_t> ApiTokenStore::count(std::int64_t user_id) const {
  return sql_.number("SELECT COUNT(*) FROM auth_api_tokens WHERE user_id = ?", user_id);
}

Result<void> ApiTokenStore::stamp_use(std::int64_t id, std::int64_t now_us, std::string_view address,
                                      std::int64_t before_us) const {
  NEXUS_TRY(
      sql_.exec("UPDATE auth_api_tokens SET last_used_us = ?, last_used_address = ? "
                "WHERE id = ? AND (last_used_us IS NULL OR last_used_us <= ?)",
                now_us, address, id, before_us));
  return {};
}

Result<bool> ApiTokenStore::remove(std::int64_t id, std::int64_t user_id) const {
  NEXUS_ASSIGN(const auto done, sql_.exec("DELETE FROM auth_api_tokens WHERE id = ? AND user_id = ?", id, user_id));
  return done.affected != 0;
}

Result<std::int64_t> ApiTokenStore::remove_expired(std::int64_t ended_before_us, std::int64_t limit) const {
  // the inner table has a name because MySQL does not delete from a table that it reads
  NEXUS_ASSIGN(const auto done,
               sql_.exec("DELETE FROM auth_api_tokens WHERE id IN (SELECT id FROM (SELECT id FROM auth_api_tokens "
                         "WHERE expires_us < ? ORDER BY expires_us LIMIT ?) AS ended)",
                         ended_before_us, limit));
  return done.affected;
}

}  // namespace nexus::auth
