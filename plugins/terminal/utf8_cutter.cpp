#include "utf8_cutter.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace nexus::terminal {
namespace {

constexpr std::size_t kLongestCharacter = 4;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// What a sequence that begins with `first` looks like: its length, and the range of its second byte (Unicode, table
// 3-7). Length 0: no character begins so.
struct Form {
  std::size_t length;
  std::uint8_t low;
  std::uint8_t high;
};

Form form_of(std::uint8_t first) noexcept {
  if (first < 0x80) return {1, 0, 0};
  if (first >= 0xC2 && first <= 0xDF) return {2, 0x80, 0xBF};
  if (first == 0xE0) return {3, 0xA0, 0xBF};
  if (first == 0xED) return {3, 0x80, 0x9F};
  if (first >= 0xE1 && first <= 0xEF) return {3, 0x80, 0xBF};
  if (first == 0xF0) return {4, 0x90, 0xBF};
  if (first >= 0xF1 && first <= 0xF3) return {4, 0x80, 0xBF};
  if (first == 0xF4) return {4, 0x80, 0x8F};
  return {0, 0, 0};
}

// How many bytes at the start of `text` belong to one character, and whether it is whole or may become so.
struct Part {
  std::size_t length;
  bool is_whole;
  bool may_go_on;
};

Part part_of(std::string_view text) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  const auto form = form_of(byte(0));
  if (form.length == 0) return {1, false, false};
  for (std::size_t at = 1; at < form.length; ++at) {
    if (at == text.size()) return {at, false, true};
    const auto low = at == 1 ? form.low : std::uint8_t{0x80};
    const auto high = at == 1 ? form.high : std::uint8_t{0xBF};
    if (byte(at) < low || byte(at) > high) return {at, false, false};
  }
  return {form.length, true, false};
}

bool is_ascii(char c) noexcept { return static_cast<unsigned char>(c) < 0x80; }

}  // namespace

std::string Utf8Cutter::take(std::string_view bytes) {
  std::string joined;
  if (!held_.empty()) {
    joined = std::exchange(held_, {});
    joined.append(bytes);
    bytes = joined;
  }
  std::string out;
  out.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto plain = std::find_if_not(bytes.begin(), bytes.end(), is_ascii) - bytes.begin();
    out.append(bytes.substr(0, static_cast<std::size_t>(plain)));
    bytes.remove_prefix(static_cast<std::size_t>(plain));
    if (bytes.empty()) break;
    const auto part = part_of(bytes);
    if (part.may_go_on) {
      held_ = bytes;
      break;
    }
    out.append(part.is_whole ? bytes.substr(0, part.length) : kReplacement);
    bytes.remove_prefix(part.length);
  }
  return out;
}

void Utf8Cutter::skip(std::string_view bytes) {
  take(bytes.substr(bytes.size() - std::min(bytes.size(), kLongestCharacter)));
}

}  // namespace nexus::terminal
