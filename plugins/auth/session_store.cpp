#include "session_store.h"

namespace nexus::auth {
namespace {

constexpr std::string_view kSelect =
    "SELECT id, user_id, refresh_hash, created_us, authenticated_us, last_used_us, expires_us, absolute_us, "
    "remote_address, user_agent, revoked_us FROM auth_sessions";

// A revoked session also expires at once, so that "ended" is one column to search by.
constexpr std::string_view kRevoke = "UPDATE auth_sessions SET revoked_us = ?, expires_us = ? WHERE revoked_us IS NULL";

Session read_session(const Row& row) {
  Session session;
  session.id = row.string(0);
  session.user_id = row.integer(1);
  session.refresh_hash = row.string(2);
  session.created_us = row.integer(3);
  session.authenticated_us = row.integer(4);
  session.last_used_us = row.integer(5);
  session.expires_us = row.integer(6);
  session.absolute_us = row.integer(7);
  session.remote_address = row.string(8);
  session.user_agent = row.string(9);
  session.revoked = !row.null(10);
  return session;
}

std::string with(std::string_view statement, std::string_view rest) {
  return std::string(statement) + std::string(rest);
}

}  // namespace

Result<std::int64_t> SessionStore::affected(Result<ExecResult> done) const {
  if (!done.ok()) return std::move(done).error();
  return done->affected;
}

Result<void> SessionStore::insert(const Session& session) const {
  NEXUS_TRY(sql_.exec(
      "INSERT INTO auth_sessions (id, user_id, refresh_hash, created_us, authenticated_us, "
      "last_used_us, expires_us, absolute_us, remote_address, user_agent) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      session.id, session.user_id, session.refresh_hash, session.created_us, session.authenticated_us,
      session.last_used_us, session.expires_us, session.absolute_us, session.remote_address, session.user_agent));
  return {};
}

Result<std::optional<Session>> SessionStore::find(std::string_view id) const {
  return sql_.first(read_session, with(kSelect, " WHERE id = ?"), id);
}

Result<bool> SessionStore::refresh(const Refresh& use) const {
  NEXUS_ASSIGN(const auto count,
               affected(sql_.exec("UPDATE auth_sessions SET refresh_hash = ?, last_used_us = ?, expires_us = ? "
                                  "WHERE id = ? AND refresh_hash = ? AND revoked_us IS NULL",
                                  use.next_hash, use.now_us, use.expires_us, use.session_id, use.spent_hash)));
  return count != 0;
}

Result<void> SessionStore::set_authenticated(std::string_view id, std::int64_t authenticated_us) const {
  NEXUS_TRY(
      sql_.exec("UPDATE auth_sessions SET authenticated_us = ? "
                "WHERE id = ? AND authenticated_us < ? AND revoked_us IS NULL",
                authenticated_us, id, authenticated_us));
  return {};
}

Result<std::int64_t> SessionStore::revoke(std::string_view id, std::int64_t now_us) const {
  return affected(sql_.exec(with(kRevoke, " AND id = ?"), now_us, now_us, id));
}

Result<std::int64_t> SessionStore::revoke_of_user(std::string_view id, std::int64_t user_id,
                                                  std::int64_t now_us) const {
  return affected(
      sql_.exec(with(kRevoke, " AND id = ? AND user_id = ? AND expires_us > ?"), now_us, now_us, id, user_id, now_us));
}

Result<std::int64_t> SessionStore::revoke_all(std::int64_t user_id, std::int64_t now_us) const {
  return affected(sql_.exec(with(kRevoke, " AND user_id = ?"), now_us, now_us, user_id));
}

Result<std::int64_t> SessionStore::revoke_others(std::int64_t user_id, std::string_view kept_id,
                                                 std::int64_t now_us) const {
  return affected(sql_.exec(with(kRevoke, " AND user_id = ? AND id <> ?"), now_us, now_us, user_id, kept_id));
}

Result<std::int64_t> SessionStore::revoke_older(std::int64_t user_id, std::int64_t authenticated_before_us,
                                                std::int64_t now_us) const {
  return affected(sql_.exec(with(kRevoke, " AND user_id = ? AND authenticated_us < ?"), now_us, now_us, user_id,
                            authenticated_before_us));
}

Result<std::vector<Session>> SessionStore::list(std::int64_t user_id, std::int64_t now_us, std::int64_t limit,
                                                std::int64_t offset) const {
  return sql_.all(
      read_session,
      with(kSelect, " WHERE user_id = ? AND expires_us > ? ORDER BY last_used_us DESC, id LIMIT ? OFFSET ?"), user_id,
      now_us, limit, offset);
}

Result<std::int64_t> SessionStore::count(std::int64_t user_id, std::int64_t now_us) const {
  return sql_.number("SELECT COUNT(*) FROM auth_sessions WHERE user_id = ? AND expires_us > ?", user_id, now_us);
}

Result<std::int64_t> SessionStore::remove_ended(std::int64_t ended_before_us, std::int64_t limit) const {
  // the inner table has a name because MySQL does not delete from a table that it reads
  return affected(
      sql_.exec("DELETE FROM auth_sessions WHERE id IN (SELECT id FROM (SELECT id FROM auth_sessions "
                "WHERE expires_us < ? ORDER BY expires_us LIMIT ?) AS ended)",
                ended_before_us, limit));
}

}  // namespace nexus::auth
