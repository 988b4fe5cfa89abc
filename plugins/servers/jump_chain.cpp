#include "jump_chain.h"

namespace nexus::servers {

Error bad_jump(const char* rule, const char* text_key) { return Error::field("jump_server_id", rule, text_key); }

Result<std::vector<ServerAccess>> jump_chain(const ServerStore& store, const Server& server) {
  std::vector<ServerAccess> hops;
  auto next = server.jump_server_id;
  while (next) {
    if (hops.size() == kMostJumps) return Error::api(code::kWrongState, "servers.jump_too_long");
    NEXUS_ASSIGN(auto hop, store.access_of(*next));
    if (!hop) return Error::api(code::kWrongState, "servers.jump_unknown");
    next = hop->server.jump_server_id;
    hops.push_back(std::move(*hop));
  }
  return hops;
}

Result<void> check_jump(const ServerStore& store, const Scope& scope, const Server& server, const Server* before,
                        const HeldServers& held) {
  if (!server.jump_server_id || (before != nullptr && before->jump_server_id == server.jump_server_id)) return {};
  NEXUS_ASSIGN(const auto jump, store.find(scope, *server.jump_server_id));
  if (!jump || jump->access < Level::operate) return bad_jump("exists", "servers.jump_unknown");
  std::size_t hops = 0;
  for (auto next = server.jump_server_id; next;) {
    if (*next == server.id) return bad_jump("loop", "servers.jump_loop");
    if (++hops > kMostJumps) return bad_jump("length", "servers.jump_too_long");
    if (before != nullptr && !held.contains(*next)) return Error::api(code::kExists, "servers.changed_meanwhile");
    NEXUS_ASSIGN(const auto hop, store.access_of(*next));
    next = hop ? hop->server.jump_server_id : std::nullopt;
  }
  return {};
}

Result<HeldServers> jump_locks(const ServerStore& store, std::int64_t id, std::optional<std::int64_t> jump) {
  HeldServers ids;
  if (!jump) return ids;
  if (id == 0) return HeldServers{*jump};
  ids.insert(id);
  for (auto next = jump; next && ids.size() <= kMostJumps + 1;) {
    if (!ids.insert(*next).second) break;
    NEXUS_ASSIGN(const auto hop, store.access_of(*next));
    next = hop ? hop->server.jump_server_id : std::nullopt;
  }
  return ids;
}

Result<void> hold_all(const ServerStore& store, const HeldServers& ids) {
  for (const auto id : ids) NEXUS_TRY(store.hold(id));
  return {};
}

}  // namespace nexus::servers
