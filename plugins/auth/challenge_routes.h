// POST /auth/2fa/verify: the second half of a log-in.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_challenge_routes(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
