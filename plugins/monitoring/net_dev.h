// Network traffic, from /proc/net/dev.
#pragma once

#include <cstdint>
#include <string_view>

namespace nexus::monitoring {

// Since the machine started, over all interfaces but the loopback.
struct Traffic {
  std::int64_t bytes_sent = 0;
  std::int64_t bytes_recv = 0;
  std::int64_t packets_sent = 0;
  std::int64_t packets_recv = 0;
};

// Lines that are not understood are left out.
Traffic parse_net_dev(std::string_view text);

}  // namespace nexus::monitoring
