#include "mysql_error.h"

#include "sql_excerpt.h"

#include <mysqld_error.h>

#include <charconv>
#include <string>

namespace nexus::storage {
namespace {

constexpr std::string_view kPrefix = "mysql error ";

// The client library's own errors (lost, gone, time-out, out of step); the server's start at 1000.
constexpr bool is_client_error(unsigned number) { return number >= 2000 && number < 3000; }

// Errors that MariaDB's header does not name: numbers of MySQL 5.7 and later, and of both servers' shutdown.
constexpr unsigned kMysqlQueryTimeout = 3024;
constexpr unsigned kMariadbConnectionKilled = 1927;
// ER_GET_ERRNO carries the storage engine's errno in its text.
constexpr std::string_view kNoSpaceText = "error 28 ";

bool is_disk_full(unsigned number, std::string_view message) {
  if (number == ER_DISK_FULL || number == ER_RECORD_FILE_FULL) return true;
  return (number == ER_GET_ERRNO || number == ER_ERROR_ON_WRITE) &&
         message.find(kNoSpaceText) != std::string_view::npos;
}

Status status_of(unsigned number) {
  if (number == ER_NET_PACKET_TOO_LARGE) return Status::limit;
  if (breaks_mysql_session(number)) return Status::unavailable;
  switch (number) {
    case ER_DUP_ENTRY:
    case ER_DUP_ENTRY_WITH_KEY_NAME:
    case ER_DUP_KEY:
    case ER_NO_REFERENCED_ROW:
    case ER_NO_REFERENCED_ROW_2:
    case ER_ROW_IS_REFERENCED:
    case ER_ROW_IS_REFERENCED_2: return Status::conflict;
    case ER_LOCK_WAIT_TIMEOUT:
    case ER_LOCK_DEADLOCK: return Status::busy;
    case ER_STATEMENT_TIMEOUT:
    case ER_QUERY_INTERRUPTED:
    case kMysqlQueryTimeout: return Status::timeout;
    case ER_CON_COUNT_ERROR:
    case ER_OPTION_PREVENTS_STATEMENT:
    case ER_OUT_OF_RESOURCES: return Status::unavailable;
    default: return Status::internal;
  }
}

}  // namespace

bool breaks_mysql_session(unsigned number) {
  switch (number) {
    case ER_SERVER_SHUTDOWN:
    case ER_NET_READ_ERROR:
    case ER_NET_READ_INTERRUPTED:
    case ER_NET_ERROR_ON_WRITE:
    case ER_NET_WRITE_INTERRUPTED:
    case ER_NET_PACKET_TOO_LARGE:
    case kMariadbConnectionKilled: return true;
    default: return is_client_error(number);
  }
}

Error mysql_error_of(unsigned number, std::string_view message, std::string_view doing) {
  std::string reason = std::string(kPrefix) + std::to_string(number) + ": ";
  reason.append(message).append(" in: ").append(sql_excerpt(doing));
  if (is_disk_full(number, message)) return Error::api(code::kDiskFull).because(std::move(reason));
  return Error(status_of(number), std::move(reason));
}

Error mysql_connect_error(const Location& location, unsigned number, std::string_view message) {
  return Error(Status::unavailable, "cannot connect to " + location.shown() + ": " + std::string(message) + " (" +
                                        std::to_string(number) + ")");
}

unsigned mysql_error_number(const Error& error) {
  unsigned number = 0;
  const std::string& reason = error.reason();
  if (!reason.starts_with(kPrefix)) return 0;
  std::from_chars(reason.data() + kPrefix.size(), reason.data() + reason.size(), number);
  return number;
}

}  // namespace nexus::storage
