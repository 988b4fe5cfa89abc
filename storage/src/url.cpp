#include "url.h"

#include <charconv>
#include <optional>

namespace nexus::storage {
namespace {

constexpr std::string_view kSqlitePrefix = "sqlite://";
constexpr std::string_view kMysqlPrefix = "mysql://";

Error wrong_url(const char* reason) { return Error(Status::invalid, std::string("storage.url: ") + reason); }

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    unsigned byte = 0;
    if (at + 2 >= text.size()) return std::nullopt;
    const char* first = text.data() + at + 1;
    const auto [end, error] = std::from_chars(first, first + 2, byte, 16);
    if (error != std::errc() || end != first + 2 || byte == 0) return std::nullopt;
    out += static_cast<char>(byte);
    at += 2;
  }
  return out;
}

Result<Location> parse_sqlite(std::string_view rest) {
  const auto path = percent_decode(rest);
  if (!path || path->empty() || path->front() != '/') return wrong_url("sqlite:// needs an absolute path");
  // SOCI's connect string has no escape for it.
  if (path->find('"') != std::string::npos) return wrong_url("a SQLite path may not hold a double quote");
  Location location;
  location.path = *path;
  return location;
}

bool parse_host(std::string_view text, Location& location) {
  const bool bracketed = text.starts_with('[');
  const auto host_end = bracketed ? text.find(']') : text.rfind(':');
  std::string_view port;
  if (bracketed) {
    if (host_end == std::string_view::npos) return false;
    port = text.substr(host_end + 1);
    location.host = text.substr(1, host_end - 1);
  } else {
    location.host = text.substr(0, host_end);
    if (host_end != std::string_view::npos) port = text.substr(host_end);
  }
  // The client library takes "localhost" for a Unix socket and would ignore the port.
  if (location.host == "localhost") location.host = "127.0.0.1";
  if (port.empty()) return !location.host.empty();
  const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), location.port);
  return port.front() == ':' && error == std::errc() && end == port.data() + port.size() && location.port > 0 &&
         location.port < 65536 && !location.host.empty();
}

Result<Location> parse_mysql(std::string_view rest) {
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) return wrong_url("mysql:// needs a database after the host");
  const std::string_view authority = rest.substr(0, slash);
  const auto at = authority.rfind('@');
  if (at == std::string_view::npos) return wrong_url("mysql:// needs user:password@");
  const std::string_view login = authority.substr(0, at);
  const auto colon = login.find(':');
  const auto user = percent_decode(login.substr(0, colon));
  const auto password = percent_decode(colon == std::string_view::npos ? std::string_view{} : login.substr(colon + 1));
  const auto database = percent_decode(rest.substr(slash + 1));
  if (!user || !password || !database) return wrong_url("a percent sign needs two hexadecimal digits, not 00");
  if (user->empty() || database->empty()) return wrong_url("mysql:// needs a user and a database");
  Location location;
  location.dialect = Dialect::mysql;
  if (!parse_host(authority.substr(at + 1), location)) return wrong_url("host or port is wrong");
  location.user = *user;
  location.password = *password;
  location.database = *database;
  return location;
}

}  // namespace

std::string Location::shown() const {
  if (dialect == Dialect::sqlite) return std::string(kSqlitePrefix) + path;
  return std::string(kMysqlPrefix) + user + "@" + host + ":" + std::to_string(port) + "/" + database;
}

Result<Location> parse_url(std::string_view url) {
  if (url.starts_with(kSqlitePrefix)) return parse_sqlite(url.substr(kSqlitePrefix.size()));
  if (url.starts_with(kMysqlPrefix)) return parse_mysql(url.substr(kMysqlPrefix.size()));
  return wrong_url("starts with neither sqlite:// nor mysql://");
}

}  // namespace nexus::storage
