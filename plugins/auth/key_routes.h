// /auth/keys: the signing keys by name, never their secrets.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_key_routes(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
