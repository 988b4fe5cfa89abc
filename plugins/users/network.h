// Which addresses count as one place that people log in from. A pure function.
#pragma once

#include <string>
#include <string_view>

namespace nexus::users {

// The IPv4 address, or the /64 of an IPv6 one, in canonical form; of an IPv4-mapped address the IPv4 one. Empty where
// `address` is none: a place that is never known.
std::string network_of(std::string_view address);

}  // namespace nexus::users
