// Which texts may name a host, a user, or anything that a person names.
#pragma once

#include <string_view>

namespace nexus::servers {

inline constexpr std::size_t kMaxNameBytes = 384;  // 128 characters

// A host name, an IPv4 or an IPv6 address (with a zone, without brackets). Never begins with a hyphen, which a command
// line would take for an option.
bool is_host(std::string_view text) noexcept;
// What a POSIX or a domain account is called.
bool is_ssh_user(std::string_view text) noexcept;
// Not empty, no control characters, no blank at either end, at most kMaxNameBytes.
bool is_name(std::string_view text) noexcept;

}  // namespace nexus::servers
