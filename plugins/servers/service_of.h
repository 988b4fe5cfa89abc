// The service for servers, on behalf of a call.
#pragma once

#include "caller.h"
#include "server_service.h"

namespace nexus::servers {

inline ServerService service_of(Call& call) { return {ServerStore(Sql(call)), SecretBox(call.host()), scope_of(call)}; }

}  // namespace nexus::servers
