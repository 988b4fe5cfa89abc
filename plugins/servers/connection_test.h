// A person's test of a connection: who answers there, and what it is.
#pragma once

#include "ssh_gateway.h"

#include <nexus/cpp/http.h>

namespace nexus::servers {

// Answers through `reply`, whatever happens. `call` is kept until then.
void test_connection(SshGateway& gateway, const ssh::Target& target, OwnedCall call, const Reply& reply);

}  // namespace nexus::servers
