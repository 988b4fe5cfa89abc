// What the caller of a route or a service may see.
#pragma once

#include "model.h"

#include <nexus/cpp/call.h>

namespace nexus::servers {

// A call without a user (a plugin's own background work) sees nothing.
inline Scope scope_of(const Call& call) {
  const auto role = call.role();
  const auto user_id = call.user_id();
  const bool is_admin = user_id != 0 && role == "admin";
  return {user_id, is_admin || (user_id != 0 && role == "operator"), is_admin};
}

}  // namespace nexus::servers
