#include "ssh/methods.h"

#include <algorithm>
#include <array>

namespace nexus::servers::ssh {

bool set_safe_methods(LIBSSH2_SESSION* session, const std::string& host_key_methods) {
  struct Preference {
    int kind;
    const char* methods;
  };
  constexpr const char* kCiphers = "aes256-ctr,aes192-ctr,aes128-ctr";
  constexpr const char* kMacs = "hmac-sha2-256,hmac-sha2-512";
  const std::array<Preference, 8> preferences{{
      {LIBSSH2_METHOD_KEX,
       "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
       "diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
       "diffie-hellman-group14-sha256"},
      {LIBSSH2_METHOD_HOSTKEY, host_key_methods.c_str()},
      {LIBSSH2_METHOD_CRYPT_CS, kCiphers},
      {LIBSSH2_METHOD_CRYPT_SC, kCiphers},
      {LIBSSH2_METHOD_MAC_CS, kMacs},
      {LIBSSH2_METHOD_MAC_SC, kMacs},
      {LIBSSH2_METHOD_COMP_CS, "none"},
      {LIBSSH2_METHOD_COMP_SC, "none"},
  }};
  return std::all_of(preferences.begin(), preferences.end(), [session](const Preference& preference) {
    return libssh2_session_method_pref(session, preference.kind, preference.methods) == 0;
  });
}

}  // namespace nexus::servers::ssh
