// Addresses and ports of servers that tests play.
#pragma once

#include <netinet/in.h>

#include <cstdint>

namespace nexus::test {

sockaddr_in loopback(std::uint16_t port);

// A bound TCP socket on a free port below the range that the kernel hands out for outgoing connections. `flags` are
// more of socket(2)'s, SOCK_NONBLOCK for example.
int bind_free_port(std::uint16_t& port, int flags = 0);

}  // namespace nexus::test
