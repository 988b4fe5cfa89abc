// The socket that clients connect to.
#pragma once

#include "http/descriptor.h"

#include <nexus/cpp/result.h>

#include <sys/socket.h>

#include <cstdint>
#include <string>

namespace nexus::api::http {

// Binds to the first address of the host that works, and listens; nonblocking, closed on exec. An IPv6 wildcard takes
// IPv4 too. Fails with: invalid (no such address), denied (a port below 1024 without the right), conflict (in use),
// unavailable.
Result<Descriptor> listen_on(const std::string& host, std::uint16_t port);

std::uint16_t local_port(const Descriptor& socket) noexcept;

// The address without its port; IPv4 also where it comes mapped into IPv6.
std::string address_text(const sockaddr_storage& address);

}  // namespace nexus::api::http
