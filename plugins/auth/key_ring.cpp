#include "key_ring.h"

#include "token_codec.h"

#include <algorithm>

namespace nexus::auth {

Result<KeyRing> KeyRing::from(std::vector<SigningKey> keys) {
  if (keys.empty()) return Error(Status::internal, "there is no signing key");
  for (auto& key : keys) {
    if (key.secret.view().size() != kSigningKeyBytes) {
      return Error(Status::internal, "signing key " + key.kid + " has not 256 bits");
    }
    key.token_header = encode_token_header(key.kid);
  }
  std::sort(keys.begin(), keys.end(), [](const auto& a, const auto& b) {
    return a.created_us != b.created_us ? a.created_us > b.created_us : a.kid > b.kid;
  });
  return KeyRing(std::move(keys));
}

const SigningKey* KeyRing::find(std::string_view token_header) const noexcept {
  const auto found =
      std::find_if(keys_.begin(), keys_.end(), [&](const auto& key) { return key.token_header == token_header; });
  return found == keys_.end() ? nullptr : &*found;
}

}  // namespace nexus::auth
