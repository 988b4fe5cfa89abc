// Ids that nobody can guess, and what is kept of them.
#pragma once

#include <nexus/cpp/secrets.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace nexus::auth {

inline constexpr std::size_t kSessionIdBytes = 16;
inline constexpr std::size_t kRefreshIdBytes = 32;
// 256 bits in letters and digits.
inline constexpr std::size_t kTokenLetters = 43;

SecretString random_bytes(std::size_t count);
// Twice as many lower-case hexadecimal digits.
std::string random_hex(std::size_t bytes);
// Letters of `alphabet`, each as likely as the others.
std::string random_text(std::size_t count, std::string_view alphabet);
// kTokenLetters of [0-9A-Za-z].
std::string random_token();

std::string sha256_hex(std::string_view text);
std::string hmac_sha256_hex(std::string_view key, std::string_view text);

}  // namespace nexus::auth
