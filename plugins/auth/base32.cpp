#include "base32.h"

#include <cstdint>

namespace nexus::auth {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr unsigned kBitsPerLetter = 5;
constexpr unsigned kBitsPerByte = 8;

// The value of a letter, or npos.
std::size_t value_of(char letter) noexcept {
  return kAlphabet.find(letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter);
}

}  // namespace

std::string base32_encode(std::string_view bytes) {
  std::string text;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char byte : bytes) {
    held = held << kBitsPerByte | static_cast<unsigned char>(byte);
    bits += kBitsPerByte;
    while (bits >= kBitsPerLetter) {
      bits -= kBitsPerLetter;
      text += kAlphabet[held >> bits & 31u];
    }
  }
  if (bits > 0) text += kAlphabet[held << (kBitsPerLetter - bits) & 31u];
  return text;
}

std::optional<std::string> base32_decode(std::string_view text) {
  std::string bytes;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char letter : text) {
    const auto value = value_of(letter);
    if (value == std::string_view::npos) return std::nullopt;
    held = held << kBitsPerLetter | static_cast<std::uint32_t>(value);
    bits += kBitsPerLetter;
    if (bits < kBitsPerByte) continue;
    bits -= kBitsPerByte;
    bytes += static_cast<char>(held >> bits & 255u);
  }
  if (bits >= kBitsPerLetter || (held & ((1u << bits) - 1u)) != 0) return std::nullopt;
  return bytes;
}

}  // namespace nexus::auth
