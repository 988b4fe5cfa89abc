// The REST routes of accounts and roles.
#pragma once

#include "hash_pool.h"

#include <nexus/cpp/plugin.h>

namespace nexus::users {

inline constexpr const char* kReadPermission = "users.read";
inline constexpr const char* kWritePermission = "users.write";

// GET /users and /users/:id.
void add_user_routes(Registrar& registrar);
// What administrators do to accounts. `pool` must outlive the plugin's routes, here and below.
void add_administration_routes(Registrar& registrar, HashPool& pool);
// GET and PATCH /users/me.
void add_own_account_routes(Registrar& registrar, HashPool& pool);
// GET /roles.
void add_role_routes(Registrar& registrar);

}  // namespace nexus::users
