#include "request_id.h"

#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace nexus::api {
namespace {

// One call to the kernel for so many ids.
constexpr std::size_t kBatch = 64;

std::array<std::uint64_t, 2> random_words() noexcept {
  thread_local std::array<std::array<std::uint64_t, 2>, kBatch> words{};
  thread_local std::size_t used = kBatch;
  if (used == kBatch) {
    // Up to 256 bytes come whole; more may be cut short by a signal, so it is asked for in such parts.
    constexpr std::size_t kPart = 256;
    auto* bytes = reinterpret_cast<unsigned char*>(words.data());
    for (std::size_t at = 0; at < sizeof(words); at += kPart) {
      while (::getrandom(bytes + at, kPart, 0) != static_cast<ssize_t>(kPart)) {
      }
    }
    used = 0;
  }
  return words[used++];
}

template <std::size_t N>
void write_hex(std::array<char, N>& out, std::size_t at, std::uint64_t value) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t digit = 16; digit-- > 0; value >>= 4) out[at + digit] = kHex[value & 15];
}

bool is_hex(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) noexcept { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

RequestId RequestId::make() noexcept {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto milliseconds =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  const auto random = random_words();
  RequestId id;
  write_hex(id.digits_, 0, (milliseconds << 16) | (random[0] & 0xFFFF));
  write_hex(id.digits_, 16, random[1]);
  return id;
}

bool is_trace_parent(std::string_view text) noexcept {
  if (text.size() != 55 || !text.starts_with("00-") || text[35] != '-' || text[52] != '-') return false;
  const auto trace = text.substr(3, 32);
  const auto parent = text.substr(36, 16);
  return is_hex(trace) && is_hex(parent) && is_hex(text.substr(53)) && !is_zero(trace) && !is_zero(parent);
}

}  // namespace nexus::api
