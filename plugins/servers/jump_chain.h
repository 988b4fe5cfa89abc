// The jump hosts that lead to a server.
#pragma once

#include "server_store.h"

#include <vector>

namespace nexus::servers {

// As many as the engine goes through.
inline constexpr std::size_t kMostJumps = 8;

// 42201 of the field.
Error bad_jump(const char* rule, const char* text_key);

// The hops behind `server`, the nearest to it first; empty where it is reached directly. Whoever may use a server needs
// no rights on them. 40903 where they go in a circle or are too many, which only a change from outside can bring about.
Result<std::vector<ServerAccess>> jump_chain(const ServerStore& store, const Server& server);

// 42201 where the caller may not use the server that `server` names as its jump host (he needs operate), or where the
// chain would contain `server` itself or have more than kMostJumps. `before` is null where the server is new: a jump
// host that stays is not asked for again.
Result<void> check_jump(const ServerStore& store, const Scope& scope, const Server& server, const Server* before);

}  // namespace nexus::servers
