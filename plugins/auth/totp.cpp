#include "totp.h"

#include "base32.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace nexus::auth {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;  // 10 to the power of kTotpDigits
constexpr std::size_t kSha1Bytes = 20;
constexpr std::string_view kIssuer = "NexusPanel";

using Digest = std::array<unsigned char, kSha1Bytes>;

Digest hmac_sha1(std::string_view secret, std::uint64_t counter) {
  std::array<unsigned char, sizeof counter> message{};
  for (auto at = message.rbegin(); at != message.rend(); ++at, counter >>= 8) *at = counter & 255u;
  Digest digest{};
  unsigned size = 0;
  if (HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), message.data(), message.size(), digest.data(),
           &size) == nullptr) {
    throw std::runtime_error("HMAC-SHA-1 failed");
  }
  return digest;
}

// RFC 4226, 5.3: four bytes from where the last half byte points, without the sign.
std::uint32_t truncate(const Digest& digest) noexcept {
  const std::size_t at = digest.back() & 15u;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(digest[at + i]); };
  return (byte(0) & 127u) << 24 | byte(1) << 16 | byte(2) << 8 | byte(3);
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      out += c;
    } else {
      out.append({'%', kHex[byte >> 4], kHex[byte & 15u]});
    }
  }
  return out;
}

}  // namespace

std::string hotp_code(std::string_view secret, std::uint64_t counter) {
  auto digits = std::to_string(truncate(hmac_sha1(secret, counter)) % kMillion);
  return std::string(kTotpDigits - digits.size(), '0') + digits;
}

std::optional<std::int64_t> find_totp_step(std::string_view secret, std::string_view code, std::int64_t now_seconds,
                                           std::int64_t last_step) {
  if (code.size() != kTotpDigits) return std::nullopt;
  const auto now = now_seconds / kTotpStepSeconds;
  std::optional<std::int64_t> found;
  for (auto step = std::max<std::int64_t>(0, now - kTotpWindow); step <= now + kTotpWindow; ++step) {
    const auto expected = hotp_code(secret, static_cast<std::uint64_t>(step));
    const bool same = CRYPTO_memcmp(expected.data(), code.data(), kTotpDigits) == 0;
    if (same && step > last_step && !found) found = step;
  }
  return found;
}

std::string otpauth_uri(std::string_view user_name, std::string_view secret) {
  const std::string issuer(kIssuer);
  return "otpauth://totp/" + issuer + ":" + percent_encode(user_name) + "?secret=" + base32_encode(secret) +
         "&issuer=" + issuer + "&algorithm=SHA1&digits=6&period=30";
}

}  // namespace nexus::auth
