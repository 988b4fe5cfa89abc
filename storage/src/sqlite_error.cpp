#include "sqlite_error.h"

#include "sql_excerpt.h"

#include <cerrno>
#include <string>

namespace nexus::storage {
namespace {

bool is_no_space(int system_error) { return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG; }

Status constraint_status(int extended) {
  switch (extended) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
    case SQLITE_CONSTRAINT_FOREIGNKEY: return Status::conflict;
    default: return Status::internal;
  }
}

Status status_of(int extended) {
  switch (extended & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Status::busy;
    case SQLITE_INTERRUPT: return Status::timeout;
    case SQLITE_CONSTRAINT: return constraint_status(extended);
    case SQLITE_TOOBIG: return Status::limit;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_NOMEM:
    case SQLITE_PROTOCOL: return Status::unavailable;
    default: return Status::internal;
  }
}

}  // namespace

Error sqlite_error(sqlite3* database, int result, std::string_view doing) {
  const int extended = database != nullptr ? sqlite3_extended_errcode(database) : result;
  std::string reason = "sqlite error " + std::to_string(extended) + ": ";
  reason += database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result);
  reason += " in: " + sql_excerpt(doing);
  const bool io_error = (extended & 0xFF) == SQLITE_IOERR;
  if ((extended & 0xFF) == SQLITE_FULL || (io_error && is_no_space(sqlite3_system_errno(database)))) {
    return Error::api(code::kDiskFull).because(std::move(reason));
  }
  return Error(status_of(extended), std::move(reason));
}

}  // namespace nexus::storage
