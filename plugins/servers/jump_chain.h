// The jump hosts that lead to a server.
#pragma once

#include "server_store.h"

#include <set>
#include <vector>

namespace nexus::servers {

// As many as the engine goes through.
inline constexpr std::size_t kMostJumps = 8;

// Ids of servers that a transaction holds.
using HeldServers = std::set<std::int64_t>;

// 42201 of the field.
Error bad_jump(const char* rule, const char* text_key);

// The hops behind `server`, the nearest to it first; empty where it is reached directly. Whoever may use a server needs
// no rights on them. 40903 where they go in a circle or are too many, which only a change from outside can bring about.
Result<std::vector<ServerAccess>> jump_chain(const ServerStore& store, const Server& server);

// 42201 where the caller may not use the server that `server` names as its jump host (he needs operate), or where the
// chain would contain `server` itself or have more than kMostJumps. `before` is null where the server is new: a jump
// host that stays is not asked for again. 40901 where the chain of one that is there already goes through a server that
// is not `held`: somebody has changed it meanwhile.
Result<void> check_jump(const ServerStore& store, const Scope& scope, const Server& server, const Server* before,
                        const HeldServers& held);

// What a transaction must hold, before it reads anything, to give server `id` the jump host `jump`: the server and all
// hops that the chain has at this moment. Whoever else closes a circle must hold one of them too, and in the same
// order, so that one of both waits, and then sees the other's change. A new server (0) is on nobody's chain: it needs
// only its jump host, so that nobody removes that meanwhile.
Result<HeldServers> jump_locks(const ServerStore& store, std::int64_t id, std::optional<std::int64_t> jump);
Result<void> hold_all(const ServerStore& store, const HeldServers& ids);

}  // namespace nexus::servers
