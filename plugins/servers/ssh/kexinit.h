// What a server offered in the first packet of the key exchange (RFC 4253, section 7.1), to explain why it failed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::servers::ssh {

struct ServerOffer {
  std::vector<std::string> key_exchanges;
  std::vector<std::string> host_keys;
};

// `received` is everything that the server sent so far: its greeting and packets in clear. nullopt where the packet is
// not complete or no such packet.
std::optional<ServerOffer> parse_server_offer(std::string_view received);

// Whether RSA is the only kind of host key that is offered.
bool only_rsa_host_keys(const ServerOffer& offer);

}  // namespace nexus::servers::ssh
