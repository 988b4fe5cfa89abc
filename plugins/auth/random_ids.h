// Ids that nobody can guess, and what is kept of them.
#pragma once

#include <nexus/cpp/secrets.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace nexus::auth {

inline constexpr std::size_t kSessionIdBytes = 16;
inline constexpr std::size_t kRefreshIdBytes = 32;

SecretString random_bytes(std::size_t count);
// Twice as many lower-case hexadecimal digits.
std::string random_hex(std::size_t bytes);
std::string sha256_hex(std::string_view text);

}  // namespace nexus::auth
