#include "session_store.h"

#include <nexus/cpp/list_query.h>

namespace nexus::terminal {
namespace {

std::string select_sessions(std::string_view rest) {
  return "SELECT id, server_id, user_id, user_name, remote_address, started_us, ended_us, end_reason, exit_code, cols, "
         "term_rows, output_bytes, is_recorded, recording_bytes, is_cut FROM terminal_sessions" +
         std::string(rest);
}

SessionRow read_session(const Row& row) {
  SessionRow session;
  session.id = row.integer(0);
  session.server_id = row.integer(1);
  session.user_id = row.integer(2);
  session.user_name = row.string(3);
  session.remote_address = row.string(4);
  session.started_us = row.integer(5);
  session.ended_us = row.optional_integer(6);
  session.end_reason = row.string(7);
  session.exit_code = row.optional_integer(8);
  session.cols = row.integer(9);
  session.rows = row.integer(10);
  session.output_bytes = row.integer(11);
  session.is_recorded = row.boolean(12);
  session.recording_bytes = row.integer(13);
  session.is_cut = row.boolean(14);
  return session;
}

// `pattern` holds what the condition borrows.
Where recordings(const RecordingFilter& filter, std::string& pattern) {
  Where where;
  where.add("is_recorded = 1");
  if (filter.user_id) where.add("user_id = ?", *filter.user_id);
  if (filter.server_id) where.add("server_id = ?", *filter.server_id);
  if (filter.text) {
    pattern = contains_pattern(*filter.text);
    where.add("shown_text LIKE ? ESCAPE '!'", pattern);
  }
  return where;
}

}  // namespace

Result<std::int64_t> SessionStore::insert(const SessionRow& session) const {
  NEXUS_ASSIGN(
      const auto done,
      sql_.exec("INSERT INTO terminal_sessions (server_id, user_id, user_name, remote_address, started_us, "
                "cols, term_rows, is_recorded, end_reason, shown_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '')",
                session.server_id, session.user_id, session.user_name, session.remote_address, session.started_us,
                session.cols, session.rows, session.is_recorded));
  return done.last_id;
}

Result<void> SessionStore::set_ended(const SessionRow& session, std::string_view text) const {
  NEXUS_TRY(
      sql_.exec("UPDATE terminal_sessions SET ended_us = ?, end_reason = ?, exit_code = ?, cols = ?, term_rows = ?, "
                "output_bytes = ?, recording_bytes = ?, is_cut = ?, shown_text = ? WHERE id = ?",
                session.ended_us, session.end_reason, session.exit_code, session.cols, session.rows,
                session.output_bytes, session.recording_bytes, session.is_cut, text, session.id));
  return {};
}

Result<void> SessionStore::remove(std::int64_t id) const {
  NEXUS_TRY(sql_.exec("DELETE FROM terminal_sessions WHERE id = ?", id));
  return {};
}

Result<std::optional<SessionRow>> SessionStore::find_recording(std::int64_t id) const {
  return sql_.first(read_session, select_sessions(" WHERE id = ? AND is_recorded = 1"), id);
}

Result<std::vector<SessionRow>> SessionStore::list_recordings(const RecordingFilter& filter, std::int64_t limit,
                                                              std::int64_t offset) const {
  std::string pattern;
  auto where = recordings(filter, pattern);
  where.bind(limit, offset);
  return sql_.all_values(read_session, select_sessions(where.text() + " ORDER BY id DESC LIMIT ? OFFSET ?"),
                         where.args());
}

Result<std::int64_t> SessionStore::count_recordings(const RecordingFilter& filter) const {
  std::string pattern;
  const auto where = recordings(filter, pattern);
  return sql_.number_values("SELECT COUNT(*) FROM terminal_sessions" + where.text(), where.args());
}

Result<std::vector<SessionRow>> SessionStore::list_open() const {
  return sql_.all(read_session, select_sessions(" WHERE ended_us IS NULL"));
}

Result<std::vector<std::int64_t>> SessionStore::list_ended_before(std::int64_t ended_us, std::int64_t limit) const {
  return sql_.all([](const Row& row) { return row.integer(0); },
                  "SELECT id FROM terminal_sessions WHERE ended_us < ? ORDER BY ended_us LIMIT ?", ended_us, limit);
}

}  // namespace nexus::terminal
