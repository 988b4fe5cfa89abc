// Bodies of requests about accounts. The route's schema has checked types and refused unknown members.
#pragma once

#include "user_service.h"

#include <nexus/cpp/json.h>

namespace nexus::users {

// Absent: no change. null: none from now on.
inline std::optional<std::optional<std::string>> avatar_of(const Json& body) {
  if (!body.contains("avatar")) return std::nullopt;
  return std::optional(optional_text(body, "avatar"));
}

// What an administrator may change. Named member by member, like the next: what is not named here cannot be set.
inline UserChange change_of(const Json& body) {
  return {optional_text(body, "username"), optional_text(body, "email"),    optional_text(body, "role"),
          optional_text(body, "status"),   optional_text(body, "language"), avatar_of(body)};
}

// What people may change about themselves.
inline UserChange own_change_of(const Json& body) {
  return {
      .email = optional_text(body, "email"), .language = optional_text(body, "language"), .avatar = avatar_of(body)};
}

}  // namespace nexus::users
