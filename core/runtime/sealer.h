// Sealing of values under a key of one plugin.
#pragma once

#include "core/runtime/master_key.h"

#include <nexus/cpp/result.h>
#include <nexus/cpp/secrets.h>

#include <string>
#include <string_view>

namespace nexus::core {

inline constexpr std::size_t kSealLimit = 1024 * 1024;

// A sealed value: version 1 | nonce 24 | ciphertext | tag 16, XChaCha20-Poly1305. What it belongs to (plugin id and
// context) is authenticated, not stored. Thread-safe; wiped at the end.
class Sealer {
 public:
  // The subkey is BLAKE2b of the plugin's id, keyed with the master key.
  Sealer(const MasterKey& master, std::string id);
  ~Sealer();
  Sealer(const Sealer&) = delete;
  Sealer& operator=(const Sealer&) = delete;

  Result<std::string> seal(std::string_view plaintext, std::string_view context) const;
  // Status::denied where it was changed, or sealed by another plugin or master key, or for another context.
  Result<SecretString> open(std::string_view sealed, std::string_view context) const;

 private:
  std::string associated(std::string_view context) const;

  const std::string id_;
  std::array<unsigned char, MasterKey::kBytes> key_{};
};

}  // namespace nexus::core
