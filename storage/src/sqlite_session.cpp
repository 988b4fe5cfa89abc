// The only file that sees SOCI's SQLite header, which cannot stand beside sqlite3.h: never part of a unity build.
#include "sqlite_session.h"

#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>

namespace nexus::storage {

Result<SqliteSession> open_sqlite_session(const std::string& path) {
  try {
    auto session = std::make_shared<soci::session>(soci::sqlite3, "db=\"" + path + "\"");
    auto* backend = static_cast<soci::sqlite3_session_backend*>(session->get_backend());
    auto* handle = reinterpret_cast<::sqlite3*>(backend->conn_);
    return SqliteSession{std::move(session), handle};
  } catch (const std::exception& error) {
    return Error(Status::unavailable, error.what());
  }
}

}  // namespace nexus::storage
