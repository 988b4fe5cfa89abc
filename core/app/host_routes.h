// The host's own routes: health, the API's document, and read-only pages about the panel and its plugins.
#pragma once

#include <nexus/cpp/result.h>

#include <chrono>
#include <string>

namespace nexus::api {
class Server;
}
namespace nexus::storage {
class Database;
}

namespace nexus::core {

class Loader;

// All outlive the server's last request.
struct HostRouteParts {
  api::Server& server;
  storage::Database& database;
  const Loader& loader;
  std::string version;
  std::chrono::steady_clock::time_point started;
};

// Registers them under the owner "host".
Result<void> add_host_routes(const HostRouteParts& parts);

}  // namespace nexus::core
