// Which algorithms we take part in: no CBC, 3DES, DSS or SHA-1, which libssh2 would still offer.
#pragma once

#include <libssh2.h>

#include <string>
#include <string_view>

namespace nexus::servers::ssh {

// RSA is not among them: libssh2 1.10 can only check its SHA-1 signatures.
inline constexpr std::string_view kHostKeyMethods =
    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521";

// Before the handshake. False where libssh2 was built without any method of a kind.
bool set_safe_methods(LIBSSH2_SESSION* session, const std::string& host_key_methods);

}  // namespace nexus::servers::ssh
