// The encoding of SSH messages and keys (RFC 4251, section 5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::servers::ssh {

// Reads fields one after another. Every function answers nullopt where the rest is too short; nothing is read then.
class WireReader {
 public:
  explicit WireReader(std::string_view bytes) noexcept : rest_(bytes) {}

  std::optional<std::uint32_t> u32() noexcept;
  std::optional<std::string_view> string() noexcept;
  std::optional<std::string_view> bytes(std::size_t count) noexcept;
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

void put_u32(std::string& out, std::uint32_t number);
void put_string(std::string& out, std::string_view bytes);
// `big_endian` is the unsigned value; leading zeros go, and a sign byte is added where needed.
void put_mpint(std::string& out, std::string_view big_endian);

// Standard base64. Decoding skips white space and answers nullopt for anything else that does not belong there.
std::string base64(std::string_view bytes, bool padded = true);
std::optional<std::string> from_base64(std::string_view text);

// "SHA256:..." of a public key blob, as ssh-keygen -lf prints it.
std::string fingerprint(std::string_view public_blob);

}  // namespace nexus::servers::ssh
