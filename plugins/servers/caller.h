// What the caller of a route or a service may see.
#pragma once

#include "model.h"

#include <nexus/cpp/call.h>

namespace nexus::servers {

// Administrators and operators see everything, everybody else his own; nobody who is not logged in sees anything.
inline Scope scope_of(const Call& call) {
  const auto role = call.role();
  const auto user_id = call.user_id();
  return {user_id, user_id != 0 && (role == "admin" || role == "operator")};
}

}  // namespace nexus::servers
