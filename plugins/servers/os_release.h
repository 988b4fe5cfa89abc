// What servers say of themselves, as texts for people.
#pragma once

#include <string>
#include <string_view>

namespace nexus::servers {

// PRETTY_NAME of an os-release file; empty where there is none.
std::string pretty_name(std::string_view os_release);

// The first line, without control characters, at most 200 bytes of it, what is no UTF-8 as U+FFFD: the far side may say
// anything.
std::string printable_line(std::string_view text);

}  // namespace nexus::servers
