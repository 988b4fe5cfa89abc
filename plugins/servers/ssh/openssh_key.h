// Private keys in OpenSSH's own format ("BEGIN OPENSSH PRIVATE KEY").
#pragma once

#include "ssh/private_key.h"

namespace nexus::servers::ssh {

// Whether `text` claims to be in that format.
bool is_openssh_key(std::string_view text) noexcept;

// Decodes and, where needed, decrypts.
std::variant<KeyHandle, KeyFault> load_openssh_key(std::string_view text, std::optional<std::string_view> passphrase);

}  // namespace nexus::servers::ssh
