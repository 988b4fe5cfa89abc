// Logout, and the caller's own sessions.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_session_routes(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
