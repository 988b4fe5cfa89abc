// The plugin's routes, one function for each resource.
#pragma once

#include "ssh_gateway.h"

#include <nexus/cpp/plugin.h>

namespace nexus::servers {

inline constexpr std::string_view kReadPermission = "servers.read";
inline constexpr std::string_view kWritePermission = "servers.write";
inline constexpr std::string_view kConnectPermission = "servers.connect";

// The gateway must outlive the routes.
void add_server_routes(Registrar& registrar, SshGateway& gateway);
void add_batch_routes(Registrar& registrar, SshGateway& gateway);
void add_import_routes(Registrar& registrar);
void add_tag_routes(Registrar& registrar);
void add_facts_routes(Registrar& registrar);
void add_group_routes(Registrar& registrar);
void add_key_routes(Registrar& registrar);
void add_host_key_routes(Registrar& registrar, SshGateway& gateway);
// `users` is bound to users.credentials/1.
void add_grant_routes(Registrar& registrar, const Binding& users);

}  // namespace nexus::servers
