// nexus.ws: the table of WebSockets.
#include "core/runtime/tables.h"

#include <nexus/cpp/str.h>

namespace nexus::core {
namespace {

// Functions of a plugin that has registered run `work(sockets, owner)`.
template <class Work>
nx_status with_sockets(const nx_host* host, Work&& work) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  return answer([&] { return work(*plugin.parts().sockets, plugin.owner()); });
}

nx_status add_endpoint(nx_reg* reg, const nx_ws_endpoint* endpoint) {
  if (reg == nullptr || endpoint == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->add_endpoint(*reg, copy_struct(endpoint)); });
}

nx_status send(const nx_host* host, nx_handle session, std::uint32_t kind, nx_str data) {
  return with_sockets(host, [&](auto& sockets, auto& me) { return sockets.send(me, session, kind, view(data)); });
}

nx_status consumed(const nx_host* host, nx_handle session, std::uint64_t bytes) {
  return with_sockets(host, [&](auto& sockets, auto& me) { return sockets.consumed(me, session, bytes); });
}

nx_status close(const nx_host* host, nx_handle session, std::uint32_t code, nx_str reason) {
  return with_sockets(host, [&](auto& sockets, auto& me) { return sockets.close(me, session, code, view(reason)); });
}

nx_status join(const nx_host* host, nx_handle session, nx_str channel) {
  return with_sockets(host, [&](auto& sockets, auto& me) { return sockets.join(me, session, view(channel)); });
}

nx_status leave(const nx_host* host, nx_handle session, nx_str channel) {
  return with_sockets(host, [&](auto& sockets, auto& me) { return sockets.leave(me, session, view(channel)); });
}

nx_status broadcast(const nx_host* host, nx_str channel, std::uint32_t kind, nx_str data, std::uint32_t* missed) {
  return with_sockets(
      host, [&](auto& sockets, auto& me) { return sockets.broadcast(me, view(channel), kind, view(data), missed); });
}

}  // namespace

const nx_ws_api kWsTable = {sizeof(nx_ws_api), 0, add_endpoint, send, consumed, close, join, leave, broadcast};

}  // namespace nexus::core
