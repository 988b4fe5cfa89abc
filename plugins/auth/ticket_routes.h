// POST /auth/ws-tickets: what a page opens a WebSocket with, because it cannot send a header there.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_ticket_routes(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
