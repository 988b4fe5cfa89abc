#include "text.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace nexus::api {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool is_continuation(unsigned char byte) noexcept { return (byte & 0xC0) == 0x80; }

// Length of the valid character at the start of `text`, 0 where there is none (Unicode table 3-7).
std::size_t character_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t index) { return static_cast<unsigned char>(index < text.size() ? text[index] : 0); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const unsigned char second = at(1);
  if (lead < 0xE0) return is_continuation(second) ? 2 : 0;
  if (lead < 0xF0) {
    const unsigned char low = lead == 0xE0 ? 0xA0 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : 0xBF;
    return second >= low && second <= high && is_continuation(at(2)) ? 3 : 0;
  }
  const unsigned char low = lead == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high && is_continuation(at(2)) && is_continuation(at(3)) ? 4 : 0;
}

bool needs_care(char character) noexcept {
  const auto byte = static_cast<unsigned char>(character);
  return byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7F || byte >= 0x80;
}

void append_escaped(std::string& out, char character) {
  switch (character) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto byte = static_cast<unsigned char>(character);
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

int hex_value(char character) noexcept {
  if (character >= '0' && character <= '9') return character - '0';
  if (character >= 'a' && character <= 'f') return character - 'a' + 10;
  if (character >= 'A' && character <= 'F') return character - 'A' + 10;
  return -1;
}

char lower(char character) noexcept {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a') : character;
}

bool is_token_character(char character) noexcept {
  constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
  const char folded = lower(character);
  return (folded >= 'a' && folded <= 'z') || (character >= '0' && character <= '9') ||
         kOthers.find(character) != std::string_view::npos;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t plain = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    if (!needs_care(text[at])) {
      ++at;
      continue;
    }
    const std::size_t length = character_length(text.substr(at));
    if (length > 1) {
      at += length;
      continue;
    }
    out.append(text, plain, at - plain);
    length == 1 ? append_escaped(out, text[at]) : void(out += kReplacement);
    plain = ++at;
  }
  out.append(text, plain);
  out += '"';
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = character_length(text.substr(at));
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::size_t code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char character : text) count += is_continuation(static_cast<unsigned char>(character)) ? 0 : 1;
  return count;
}

std::string_view truncated(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && is_continuation(static_cast<unsigned char>(text[bytes]))) --bytes;
  return text.substr(0, bytes);
}

std::optional<std::string> percent_decode(std::string_view text, PlusSign plus) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out += text[at] == '+' && plus == PlusSign::space ? ' ' : text[at];
      continue;
    }
    if (text.size() - at < 3) return std::nullopt;
    const int high = hex_value(text[at + 1]);
    const int low = hex_value(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t at = 0; at < a.size(); ++at) {
    if (lower(a[at]) != lower(b[at])) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool is_header_name(std::string_view text) noexcept {
  for (const char character : text) {
    if (!is_token_character(character)) return false;
  }
  return !text.empty();
}

bool is_header_value(std::string_view text) noexcept {
  for (const char character : text) {
    const auto byte = static_cast<unsigned char>(character);
    if ((byte < 0x20 && byte != '\t') || byte == 0x7F) return false;
  }
  return true;
}

std::string filled(std::string_view text, std::span<const TextArg> args) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t open = text.find('{', at);
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) break;
    out.append(text, at, open - at);
    const auto name = text.substr(open + 1, close - open - 1);
    at = close + 1;
    const auto found = std::find_if(args.begin(), args.end(), [&](const TextArg& arg) { return arg.name == name; });
    found != args.end() ? out += found->value : out += text.substr(open, close - open + 1);
  }
  out.append(text, at);
  return out;
}

std::optional<std::int64_t> parse_integer(std::string_view text) noexcept {
  const auto digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0') || text == "-0") return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

std::optional<double> parse_number(std::string_view text) noexcept {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

}  // namespace nexus::api
