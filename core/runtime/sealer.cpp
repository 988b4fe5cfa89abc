#include "core/runtime/sealer.h"

#include <sodium.h>

namespace nexus::core {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kOverhead = 1 + kNonceBytes + kTagBytes;
constexpr std::string_view kPurpose = "nexus.secrets/1:";

static_assert(MasterKey::kBytes == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* bytes(std::string_view text) noexcept {
  return static_cast<const unsigned char*>(static_cast<const void*>(text.data()));
}
unsigned char* bytes(char* text) noexcept { return static_cast<unsigned char*>(static_cast<void*>(text)); }

}  // namespace

Sealer::Sealer(const MasterKey& master, std::string id) : id_(std::move(id)) {
  const auto message = std::string(kPurpose) + id_;
  crypto_generichash(key_.data(), key_.size(), bytes(message), message.size(), master.data(), MasterKey::kBytes);
  sodium_mlock(key_.data(), key_.size());
}

Sealer::~Sealer() { sodium_munlock(key_.data(), key_.size()); }

// An id has no NUL, so no other pair of id and context reads the same.
std::string Sealer::associated(std::string_view context) const {
  std::string text(1, kVersion);
  text.append(id_).push_back('\0');
  return text.append(context);
}

Result<std::string> Sealer::seal(std::string_view plaintext, std::string_view context) const {
  if (plaintext.size() > kSealLimit) return Error(Status::limit, "too long to be sealed");
  std::string sealed(kOverhead + plaintext.size(), '\0');
  sealed[0] = kVersion;
  randombytes_buf(&sealed[1], kNonceBytes);
  const auto with = associated(context);
  unsigned long long length = 0;
  crypto_aead_xchacha20poly1305_ietf_encrypt(bytes(&sealed[1 + kNonceBytes]), &length, bytes(plaintext),
                                             plaintext.size(), bytes(with), with.size(), nullptr, bytes(&sealed[1]),
                                             key_.data());
  return sealed;
}

Result<SecretString> Sealer::open(std::string_view sealed, std::string_view context) const {
  if (sealed.size() < kOverhead || sealed[0] != kVersion) return Error(Status::denied, "not a sealed value");
  if (sealed.size() > kSealLimit + kOverhead) return Error(Status::limit, "too long to be opened");
  const auto nonce = sealed.substr(1, kNonceBytes);
  const auto body = sealed.substr(1 + kNonceBytes);
  std::string plaintext(sealed.size() - kOverhead, '\0');
  const auto with = associated(context);
  unsigned long long length = 0;
  const int refused =
      crypto_aead_xchacha20poly1305_ietf_decrypt(bytes(plaintext.data()), &length, nullptr, bytes(body), body.size(),
                                                 bytes(with), with.size(), bytes(nonce), key_.data());
  if (refused != 0) return Error(Status::denied, "the sealed value does not open");
  return SecretString(std::move(plaintext));
}

}  // namespace nexus::core
