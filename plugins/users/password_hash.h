// Passwords at rest: argon2id in the PHC string form "$argon2id$v=19$m=47104,t=1,p=1$salt$hash". Thread-safe.
#pragma once

#include <nexus/cpp/result.h>

#include <string>
#include <string_view>

namespace nexus::users {

// One pass over 46 MiB: the OWASP ASVS 5 set for argon2id, about 45 ms here. Each hash takes that memory while it runs.
inline constexpr unsigned long long kHashPasses = 1;
inline constexpr std::size_t kHashMemoryBytes = 47104 * std::size_t{1024};

// With a fresh salt of 128 bits. Fails where memory is short.
Result<std::string> hash_password(std::string_view password);

// False also where `hash` is damaged. Takes the same time whatever the answer.
bool verify_password(std::string_view password, const std::string& hash);

// The hash of a random password that nobody knows, with the parameters above: what an unknown user's password is
// compared with, so that the answer takes as long as a known one's.
const std::string& decoy_hash();

// A random password for a person to copy: 24 letters and digits, 139 bits, without those that look alike.
std::string random_password();

}  // namespace nexus::users
