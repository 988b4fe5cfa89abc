// Networks that an API token may be used from. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

// An IPv4 network is that part of IPv6 in which IPv4 addresses are written, ::ffff:0:0/96, so that both spellings of a
// client's address fit it.
struct Network {
  std::array<std::uint8_t, 16> address{};
  unsigned bits = 0;  // of the address that count, from its front

  bool operator==(const Network&) const = default;
};

// "192.0.2.7", "192.0.2.0/24", "2001:db8::1" or "2001:db8::/32"; bits past the length may be set and count for nothing.
std::optional<Network> parse_network(std::string_view text);

// False also for what is no address.
bool contains(const Network& network, std::string_view address);

// Whether one of `networks` (texts as above) contains `address`. No networks: every address.
bool allows(const std::vector<std::string>& networks, std::string_view address);

}  // namespace nexus::auth
