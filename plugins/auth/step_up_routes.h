// POST /auth/step-up: who is logged in proves once more who he is, and dangerous routes open for a while.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_step_up_routes(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
