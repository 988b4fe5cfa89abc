// What an operator does on the panel's own machine: `user disable-2fa NAME` and `auth rotate-keys`.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_auth_commands(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
