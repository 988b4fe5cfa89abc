#include "one_time_store.h"

#include "affected_rows.h"

namespace nexus::auth {
namespace {

OneTime read_secret(const Row& row) {
  return {row.string(0), row.string(1), row.integer(2), row.string(3), row.integer(4), row.integer(5), row.integer(6)};
}

}  // namespace

Result<void> OneTimeStore::insert(const OneTime& secret, std::int64_t most) const {
  NEXUS_TRY(
      sql_.exec("INSERT INTO auth_one_time (hash, kind, user_id, session_id, tries, created_us, expires_us) "
                "VALUES (?, ?, ?, ?, 0, ?, ?)",
                secret.hash, secret.kind, secret.user_id, secret.session_id, secret.created_us, secret.expires_us));
  // the inner table has a name because MySQL does not delete from a table that it reads
  NEXUS_TRY(
      sql_.exec("DELETE FROM auth_one_time WHERE user_id = ? AND kind = ? AND hash <> ? AND hash NOT IN (SELECT hash "
                "FROM (SELECT hash FROM auth_one_time WHERE user_id = ? AND kind = ? AND hash <> ? "
                "ORDER BY created_us DESC, hash LIMIT ?) AS newest)",
                secret.user_id, secret.kind, secret.hash, secret.user_id, secret.kind, secret.hash, most - 1));
  return {};
}

Result<std::optional<OneTime>> OneTimeStore::find(std::string_view kind, std::string_view hash,
                                                  std::int64_t now_us) const {
  return sql_.first(read_secret,
                    "SELECT hash, kind, user_id, session_id, tries, created_us, expires_us FROM auth_one_time "
                    "WHERE hash = ? AND kind = ? AND expires_us > ?",
                    hash, kind, now_us);
}

Result<bool> OneTimeStore::take_try(std::string_view hash, std::int64_t most, std::int64_t now_us) const {
  return any_affected(
      sql_.exec("UPDATE auth_one_time SET tries = tries + 1 WHERE hash = ? AND tries < ? AND expires_us > ?", hash,
                most, now_us));
}

Result<bool> OneTimeStore::spend(std::string_view hash, std::int64_t now_us) const {
  return any_affected(sql_.exec("DELETE FROM auth_one_time WHERE hash = ? AND expires_us > ?", hash, now_us));
}

Result<std::int64_t> OneTimeStore::remove_expired(std::int64_t now_us, std::int64_t limit) const {
  NEXUS_ASSIGN(const auto done,
               sql_.exec("DELETE FROM auth_one_time WHERE hash IN (SELECT hash FROM (SELECT hash FROM auth_one_time "
                         "WHERE expires_us <= ? ORDER BY expires_us LIMIT ?) AS ended)",
                         now_us, limit));
  return done.affected;
}

}  // namespace nexus::auth
