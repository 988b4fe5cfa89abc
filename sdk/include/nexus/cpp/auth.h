// What the host remembers of callers, and the permissions that there are.
#pragma once

#include <nexus/cpp/call.h>

namespace nexus {

// What the host remembers is forgotten when these return. A failure means that there was nothing to forget.
inline void invalidate_session(const Host& host, std::string_view session_id) noexcept {
  host.auth->invalidate(host.raw, NX_INVALIDATE_SESSION, to_abi(session_id));
}
inline void invalidate_token(const Host& host, std::string_view token_id) noexcept {
  host.auth->invalidate(host.raw, NX_INVALIDATE_TOKEN, to_abi(token_id));
}
// By any plugin; the others are the identity provider's.
inline void invalidate_user(const Host& host, std::int64_t user_id) {
  const auto id = std::to_string(user_id);
  host.auth->invalidate(host.raw, NX_INVALIDATE_USER, to_abi(id));
}

// Every declared permission as JSON (see nx_auth_api.permissions). Status::unsupported on a host older than 1.1.
inline Result<std::string> declared_permissions(const Call& call) {
  const auto* auth = call.host().auth;
  if (!NX_HAS(auth, permissions)) return Error(Status::unsupported, "the host lists no permissions");
  std::string json;
  if (const auto status = auth->permissions(call.raw(), append_to(json)); status != NX_OK) {
    return Error(Status{status}, "the permissions cannot be listed");
  }
  return json;
}

}  // namespace nexus
