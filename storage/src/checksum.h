#pragma once

#include <string>
#include <string_view>

namespace nexus::storage {

// SHA-256, hexadecimal.
std::string checksum(std::string_view text);

}  // namespace nexus::storage
