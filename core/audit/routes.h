// The trail in the API: pages of it, and exports. For administrators.
#pragma once

#include <nexus/cpp/result.h>

namespace nexus::api {
class Server;
}
namespace nexus::storage {
class Database;
}

namespace nexus::core::audit {

// Registers them under the owner "host". `database` outlives the server's last request.
Result<void> add_routes(api::Server& server, storage::Database& database);

}  // namespace nexus::core::audit
