// Sealed values, and text that is wiped when it goes.
#pragma once

#include <nexus/cpp/host.h>

#include <cstddef>
#include <utility>

namespace nexus {

// Bytes that are overwritten before they are freed. Move-only, so that no copy is forgotten.
class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string bytes) noexcept : bytes_(std::move(bytes)) { wipe(bytes); }
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

  // Growing must not leave a copy behind in freed memory, as std::string alone would.
  void append(std::string_view bytes) {
    if (bytes.size() > bytes_.capacity() - bytes_.size()) {
      SecretString larger;
      larger.bytes_.reserve(2 * (bytes_.size() + bytes.size()));
      larger.bytes_ = bytes_;
      *this = std::move(larger);
    }
    bytes_.append(bytes);
  }

 private:
  void wipe() noexcept { wipe(bytes_); }
  // A short string keeps its bytes in itself when it is moved from. A store through volatile is not optimised away.
  static void wipe(std::string& bytes) noexcept {
    bytes.resize(bytes.capacity());  // NOLINT(clang-analyzer-cplusplus.Move): see above
    volatile char* at = bytes.data();
    for (std::size_t i = 0; i < bytes.size(); ++i) at[i] = 0;
    bytes.clear();
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
  SecretString secret;
  const nx_sink sink{&secret, [](void* out, nx_str chunk) noexcept -> nx_status {
                       try {
                         static_cast<SecretString*>(out)->append(view(chunk));
                         return NX_OK;
                       } catch (...) {
                         return NX_E_LIMIT;
                       }
                     }};
  const auto status = host.secrets->open(host.raw, to_abi(sealed), to_abi(context), sink);
  if (status != NX_OK) return Error(Status{status}, "cannot open a sealed value");
  return secret;
}

}  // namespace nexus
