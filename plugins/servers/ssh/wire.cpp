#include "ssh/wire.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

namespace nexus::servers::ssh {

std::optional<std::uint32_t> WireReader::u32() noexcept {
  if (rest_.size() < 4) return std::nullopt;
  std::uint32_t number = 0;
  for (int i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(rest_[static_cast<std::size_t>(i)]);
  rest_.remove_prefix(4);
  return number;
}

std::optional<std::string_view> WireReader::bytes(std::size_t count) noexcept {
  if (count > rest_.size()) return std::nullopt;
  const auto taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::optional<std::string_view> WireReader::string() noexcept {
  const auto before = rest_;
  const auto length = u32();
  const auto taken = length ? bytes(*length) : std::nullopt;
  if (!taken) rest_ = before;
  return taken;
}

void put_u32(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

void put_string(std::string& out, std::string_view bytes) {
  put_u32(out, static_cast<std::uint32_t>(bytes.size()));
  out += bytes;
}

void put_mpint(std::string& out, std::string_view big_endian) {
  while (!big_endian.empty() && big_endian.front() == 0) big_endian.remove_prefix(1);
  const bool needs_sign = !big_endian.empty() && (static_cast<unsigned char>(big_endian.front()) & 0x80) != 0;
  put_u32(out, static_cast<std::uint32_t>(big_endian.size() + (needs_sign ? 1 : 0)));
  if (needs_sign) out += '\0';
  out += big_endian;
}

std::string base64(std::string_view bytes, bool padded) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  if (!padded) text.erase(std::find(text.begin(), text.end(), '='), text.end());
  return text;
}

std::optional<std::string> from_base64(std::string_view text) {
  std::string packed;
  packed.reserve(text.size());
  for (const char c : text) {
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') packed += c;
  }
  const auto end = packed.find_last_not_of('=');
  const std::size_t padding = packed.size() - (end == std::string::npos ? 0 : end + 1);
  if (packed.size() % 4 != 0 || padding > 2) return std::nullopt;
  std::string bytes(packed.size() / 4 * 3, '\0');
  if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(packed.data()), static_cast<int>(packed.size())) < 0) {
    return std::nullopt;
  }
  bytes.resize(bytes.size() - padding);
  return bytes;
}

std::string fingerprint(std::string_view public_blob) {
  std::array<char, 32> digest{};
  EVP_Digest(public_blob.data(), public_blob.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
             EVP_sha256(), nullptr);
  return "SHA256:" + base64({digest.data(), digest.size()}, false);
}

}  // namespace nexus::servers::ssh
