// /auth/2fa: the caller's own second factor.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_second_factor_routes(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
