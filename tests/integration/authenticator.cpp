#include "integration/authenticator.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <stdexcept>

namespace nexus::test {

std::string authenticator_secret(const std::string& base32) {
  std::string bits;
  for (const char letter : base32) {
    const auto value = std::string("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").find(letter);
    if (value == std::string::npos) throw std::runtime_error("not base 32: " + base32);
    for (int bit = 4; bit >= 0; --bit) bits += (value >> bit & 1u) != 0 ? '1' : '0';
  }
  std::string bytes;
  for (std::size_t at = 0; at + 8 <= bits.size(); at += 8) {
    bytes += static_cast<char>(std::stoi(bits.substr(at, 8), nullptr, 2));
  }
  return bytes;
}

std::string authenticator_code(const std::string& base32_secret, std::int64_t steps) {
  const auto secret = authenticator_secret(base32_secret);
  const auto step = static_cast<std::int64_t>(std::time(nullptr)) / 30 + steps;
  std::array<unsigned char, 8> counter{};
  for (std::size_t i = 0; i < 8; ++i) counter[i] = static_cast<unsigned char>(step >> (56 - 8 * i));
  std::array<unsigned char, 20> digest{};
  unsigned length = 0;
  HMAC(EVP_sha1(), secret.data(), static_cast<int>(secret.size()), counter.data(), counter.size(), digest.data(),
       &length);
  const std::size_t at = digest[19] % 16;
  const auto number =
      (digest[at] % 128u) * 16'777'216u + digest[at + 1] * 65'536u + digest[at + 2] * 256u + digest[at + 3];
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%06u", number % 1'000'000u);
  return text.data();
}

}  // namespace nexus::test
