// GET /users, /users/me and /users/:id.
#pragma once

#include <nexus/cpp/plugin.h>

namespace nexus::users {

inline constexpr const char* kReadPermission = "users.read";

void add_user_routes(Registrar& registrar);

}  // namespace nexus::users
