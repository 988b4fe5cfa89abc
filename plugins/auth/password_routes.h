// PUT /users/me/password: a new password ends every other session of its user.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_password_routes(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
