#include "mysql_session.h"

#include "mysql_error.h"

#include <soci/mysql/soci-mysql.h>
#include <soci/soci.h>

#include <string>

namespace nexus::storage {
namespace {

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char character : text) {
    if (character == '\'' || character == '\\') out += '\\';
    out += character;
  }
  return out + "'";
}

std::string connect_string(const Location& location, std::chrono::seconds connect_timeout,
                           std::chrono::seconds read_timeout) {
  const std::string read_seconds = std::to_string(read_timeout.count());
  return "host=" + quoted(location.host) + " port=" + std::to_string(location.port) + " user=" + quoted(location.user) +
         " password=" + quoted(location.password) + " db=" + quoted(location.database) +
         " charset=utf8mb4 connect_timeout=" + std::to_string(connect_timeout.count()) +
         " read_timeout=" + read_seconds + " write_timeout=" + read_seconds;
}

int refuse_local_file(void**, const char*, void*) { return 1; }
int read_no_local_file(void*, char*, unsigned int) { return -1; }
void end_local_file(void*) {}
int local_file_error(void*, char* message, unsigned int size) {
  constexpr std::string_view kRefused = "local files are not sent";
  message[kRefused.copy(message, size - 1)] = '\0';
  return CR_UNKNOWN_ERROR;
}

// A server may ask its client for any local file; the client library would send it.
void forbid_local_files(MYSQL* handle) {
  const unsigned int off = 0;
  mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &off);
  mysql_set_local_infile_handler(handle, refuse_local_file, read_no_local_file, end_local_file, local_file_error,
                                 nullptr);
}

}  // namespace

Result<MysqlSession> open_mysql_session(const Location& location, std::chrono::seconds connect_timeout,
                                        std::chrono::seconds read_timeout) {
  try {
    auto session =
        std::make_shared<soci::session>(soci::mysql, connect_string(location, connect_timeout, read_timeout));
    MYSQL* handle = static_cast<soci::mysql_session_backend*>(session->get_backend())->conn_;
    forbid_local_files(handle);
    return MysqlSession{std::move(session), handle};
  } catch (const soci::mysql_soci_error& error) {
    return mysql_connect_error(location, error.err_num_, error.get_error_message());
  } catch (const std::exception& error) {
    return Error(Status::unavailable, "cannot connect to " + location.shown() + ": " + error.what());
  }
}

}  // namespace nexus::storage
