// Sealed values, and text that is wiped when it goes.
#pragma once

#include <nexus/cpp/host.h>

namespace nexus {

// Bytes that are overwritten before they are freed. Move-only, so that no copy is forgotten.
class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string bytes) noexcept : bytes_(std::move(bytes)) {}
  SecretString(SecretString&& other) noexcept : bytes_(std::move(other.bytes_)) { other.wipe(); }
  SecretString& operator=(SecretString&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_ = std::move(other.bytes_);
      other.wipe();
    }
    return *this;
  }
  SecretString(const SecretString&) = delete;
  SecretString& operator=(const SecretString&) = delete;
  ~SecretString() { wipe(); }

  std::string_view view() const noexcept { return bytes_; }
  bool empty() const noexcept { return bytes_.empty(); }
  SecretString copy() const { return SecretString(bytes_); }

 private:
  // A store through volatile is not optimised away.
  void wipe() noexcept {
    volatile char* at = bytes_.data();
    for (std::size_t i = 0; i < bytes_.capacity(); ++i) at[i] = 0;
    bytes_.clear();
  }
  std::string bytes_;
};

// Seals a value for the database; `context` names the row that it belongs to.
inline Result<std::string> seal(const Host& host, std::string_view plaintext, std::string_view context) {
  std::string sealed;
  if (const auto status = host.secrets->seal(host.raw, to_abi(plaintext), to_abi(context), append_to(sealed));
      status != NX_OK) {
    return Error(Status{status}, "cannot seal");
  }
  return sealed;
}

inline Result<SecretString> open_sealed(const Host& host, std::string_view sealed, std::string_view context) {
  std::string plaintext;
  const auto status = host.secrets->open(host.raw, to_abi(sealed), to_abi(context), append_to(plaintext));
  SecretString secret(std::move(plaintext));
  if (status != NX_OK) return Error(Status{status}, "cannot open a sealed value");
  return secret;
}

}  // namespace nexus
