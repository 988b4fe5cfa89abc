#include "http/field_rules.h"

#include <algorithm>
#include <cstddef>

namespace nexus::api::http {
namespace {

// 10^18 and less fit into 64 bits.
constexpr std::size_t kMostDigits = 18;

constexpr char lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
  return left.size() == right.size() &&
         std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) { return lower(a) == lower(b); });
}

bool is_origin_form(std::string_view target) noexcept {
  return !target.empty() && target.front() == '/' &&
         std::all_of(target.begin(), target.end(), [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
}

bool is_host(std::string_view value) noexcept {
  constexpr std::string_view kRefused = "/\\@?#,\"<>^`{|}";
  return std::all_of(value.begin(), value.end(),
                     [&](char c) { return c > ' ' && c < '\x7f' && kRefused.find(c) == std::string_view::npos; });
}

bool has_bare_line_feed(std::string_view lines) noexcept {
  std::size_t at = lines.find('\n');
  while (at != std::string_view::npos) {
    if (at == 0 || lines[at - 1] != '\r') return true;
    at = lines.find('\n', at + 1);
  }
  return false;
}

bool is_plain_number(std::string_view value) noexcept {
  return !value.empty() && value.size() <= kMostDigits && std::all_of(value.begin(), value.end(), is_digit);
}

}  // namespace nexus::api::http
