// Names to addresses, within a deadline.
#pragma once

#include "ssh/watch.h"

#include <netdb.h>

#include <cstdint>
#include <memory>
#include <string>

namespace nexus::servers::ssh {

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

// At least one address.
Outcome<Addresses> resolve(const std::string& host, std::uint16_t port, const Watch& watch);

}  // namespace nexus::servers::ssh
