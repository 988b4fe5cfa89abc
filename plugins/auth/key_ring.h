// The keys that tokens are signed with.
#pragma once

#include <nexus/cpp/result.h>
#include <nexus/cpp/secrets.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

inline constexpr std::size_t kSigningKeyBytes = 32;  // HS256: as long as its hash

struct SigningKey {
  std::string kid;
  SecretString secret;
  std::int64_t created_us = 0;
  // The first part of every token that is signed with it, as it stands in the token.
  std::string token_header;
};

// Immutable, so shared freely between threads. The newest key signs; every key verifies, so that a new one logs nobody
// out.
class KeyRing {
 public:
  // Fails on an empty ring and on a key that is not kSigningKeyBytes long.
  static Result<KeyRing> from(std::vector<SigningKey> keys);

  const SigningKey& newest() const noexcept { return keys_.front(); }
  const std::vector<SigningKey>& keys() const noexcept { return keys_; }
  // Null where no key of ours begins its tokens so.
  const SigningKey* find(std::string_view token_header) const noexcept;

 private:
  explicit KeyRing(std::vector<SigningKey> keys) noexcept : keys_(std::move(keys)) {}

  std::vector<SigningKey> keys_;  // newest first, never empty
};

}  // namespace nexus::auth
