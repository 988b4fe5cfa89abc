// The key derivation of encrypted keys in OpenSSH's own format: bcrypt in place of the hash of PBKDF2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::servers::ssh {

// `length` bytes out of a passphrase, at most 1024. About 12 ms of CPU for each round. Wipe what you were given.
std::string bcrypt_pbkdf(std::string_view passphrase, std::string_view salt, std::size_t length, std::uint32_t rounds);

}  // namespace nexus::servers::ssh
