// What the two sides of a connection show each other.
#pragma once

#include "ssh/private_key.h"

#include <nexus/cpp/secrets.h>

#include <optional>
#include <string>

namespace nexus::servers::ssh {

struct HostKey {
  std::string type;  // "ssh-ed25519"
  std::string blob;
};

// With what to log in. A key is tried before a password.
struct Credentials {
  std::string user;
  std::optional<PrivateKey> key;
  SecretString password;
};

}  // namespace nexus::servers::ssh
