// Which texts may name a host, a user, or anything that a person names.
#pragma once

#include <string>
#include <string_view>

namespace nexus::servers {

inline constexpr std::size_t kMaxNameCharacters = 128;
inline constexpr std::size_t kMaxTagCharacters = 64;
inline constexpr std::size_t kMaxPasswordCharacters = 1024;

// ASCII letters only.
std::string lower_case(std::string_view text);
// How many characters a text in UTF-8 has.
std::size_t characters(std::string_view text) noexcept;

// A host name, an IPv4 or an IPv6 address (with a zone, without brackets). Never begins with a hyphen, which a command
// line would take for an option.
bool is_host(std::string_view text) noexcept;
// What a POSIX or a domain account is called.
bool is_ssh_user(std::string_view text) noexcept;
// Not empty, no control characters, no blank at either end, at most kMaxNameCharacters.
bool is_name(std::string_view text) noexcept;
// Like a name, but at most kMaxTagCharacters, and without the comma that parts the tags of a list.
bool is_tag(std::string_view text) noexcept;

}  // namespace nexus::servers
