#include "sqlite_error.h"

#include "sql_excerpt.h"

#include <cerrno>
#include <string>

namespace nexus::storage {
namespace {

bool is_no_space(int system_error) { return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG; }

// What the system said of the write that failed. SQLite keeps it with the file; errno, which is all that
// sqlite3_system_errno has, is that of a later call by now.
bool write_found_no_space(sqlite3* database) {
  for (const int which : {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER}) {
    sqlite3_file* file = nullptr;
    int system_error = 0;
    const bool is_open = sqlite3_file_control(database, "main", which, &file) == SQLITE_OK && file != nullptr &&
                         file->pMethods != nullptr;
    if (is_open && file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &system_error) == SQLITE_OK &&
        is_no_space(system_error)) {
      return true;
    }
  }
  return false;
}

bool is_disk_full(sqlite3* database, int extended) {
  switch (extended & 0xFF) {
    case SQLITE_FULL: return true;
    case SQLITE_IOERR:
      return is_no_space(sqlite3_system_errno(database)) ||
             (extended == SQLITE_IOERR_WRITE && database != nullptr && write_found_no_space(database));
    default: return false;
  }
}

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
  if (is_disk_full(database, extended)) return Error::api(code::kDiskFull).because(std::move(reason));
  return Error(status_of(extended), std::move(reason));
}

}  // namespace nexus::storage
