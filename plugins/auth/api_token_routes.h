// /users/me/tokens: the caller's own API tokens.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_api_token_routes(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
