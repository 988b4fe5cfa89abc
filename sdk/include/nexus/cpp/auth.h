// What an identity provider tells the host beyond its answers.
#pragma once

#include <nexus/cpp/host.h>

namespace nexus {

// What the host remembers is forgotten when these return. A failure means that there was nothing to forget.
inline void invalidate_session(const Host& host, std::string_view session_id) noexcept {
  host.auth->invalidate(host.raw, NX_INVALIDATE_SESSION, to_abi(session_id));
}
inline void invalidate_user(const Host& host, std::int64_t user_id) {
  const auto id = std::to_string(user_id);
  host.auth->invalidate(host.raw, NX_INVALIDATE_USER, to_abi(id));
}

}  // namespace nexus
