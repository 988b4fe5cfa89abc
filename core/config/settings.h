// The host's own settings, read strictly from the tree. Pure.
#pragma once

#include "core/config/node.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nexus::core {

struct Endpoint {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0 picks a free one

  std::string text() const;  // "127.0.0.1:8080", "[::1]:8080"
};

struct Settings {
  Endpoint listen;
  std::vector<std::string> trusted_proxies;  // addresses or networks
  std::string data_dir = "data";
  std::int32_t log_level = 2;               // NX_LOG_INFO
  std::string log_file;                     // empty: standard error
  std::string storage_url;                  // empty: SQLite in the data folder
  std::vector<std::string> plugin_folders;  // empty: beside the program
  struct Enabled {
    std::string id;
    Position at;
  };
  std::optional<std::vector<Enabled>> enabled;  // nullopt: every plugin that is found
  std::uint32_t general_per_minute = 100;
  std::uint32_t auth_per_minute = 10;
  std::uint32_t websockets_per_user = 5;
  std::uint32_t audit_retention_days = 365;  // 0: for ever
  // What no key of the host is: sections of plugins, checked when the plugins' schemas are known.
  std::vector<Node::Member> sections;
};

// Every key that the host knows, dotted: "http.listen".
const std::vector<std::string>& host_keys();

// "host:port" or "[address]:port"; an empty host is refused.
std::optional<Endpoint> parse_endpoint(std::string_view text);

// Reads all of it and adds each mistake to `problems`; what is wrong keeps its default. Relative paths stay as written.
Settings read_settings(const Node& root, Problems& problems);

}  // namespace nexus::core
