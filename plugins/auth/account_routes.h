// POST /auth/register, /auth/login and /auth/refresh: who has no token yet, or none that is good.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_account_routes(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
