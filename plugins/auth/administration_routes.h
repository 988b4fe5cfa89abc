// What an administrator does about other people's sessions and second factors.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

inline constexpr std::string_view kManagePermission = "auth.manage";

// `context` must outlive the plugin's callbacks.
void add_administration_routes(Registrar& registrar, const AuthContext& context);

}  // namespace nexus::auth
