#include "core/loader/semantic_version.h"

#include <algorithm>
#include <charconv>

namespace nexus::core {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_numeric(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_digit); }

bool is_identifier_list(std::string_view text) {
  const auto allowed = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
  };
  return !text.empty() && std::ranges::all_of(text, allowed) && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos;
}

std::string_view take_part(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto part = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return part;
}

int compare_identifier(std::string_view a, std::string_view b) {
  const bool a_numeric = is_numeric(a);
  const bool b_numeric = is_numeric(b);
  if (a_numeric != b_numeric) return a_numeric ? -1 : 1;
  if (a_numeric && a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b);
}

int compare_pre_release(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty() ? 0 : a.empty() ? 1 : -1;
  while (!a.empty() && !b.empty()) {
    if (const int order = compare_identifier(take_part(a, '.'), take_part(b, '.')); order != 0) return order;
  }
  return a.empty() == b.empty() ? 0 : a.empty() ? -1 : 1;
}

}  // namespace

std::optional<SemanticVersion> SemanticVersion::parse(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  if (text.size() > kLongest) return std::nullopt;
  SemanticVersion out;
  if (const auto plus = text.find('+'); plus != std::string_view::npos) {
    if (!is_identifier_list(text.substr(plus + 1))) return std::nullopt;
    text = text.substr(0, plus);
  }
  if (const auto dash = text.find('-'); dash != std::string_view::npos) {
    out.pre_release = text.substr(dash + 1);
    if (!is_identifier_list(out.pre_release)) return std::nullopt;
    text = text.substr(0, dash);
  }
  if (std::ranges::count(text, '.') != 2 || text.ends_with('.')) return std::nullopt;
  for (auto& number : out.numbers) {
    const auto part = take_part(text, '.');
    const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), number);
    const bool padded = part.size() > 1 && part.front() == '0';
    if (!is_numeric(part) || padded || error != std::errc{}) return std::nullopt;
  }
  return out;
}

int SemanticVersion::compare(const SemanticVersion& other) const {
  if (numbers != other.numbers) return numbers < other.numbers ? -1 : 1;
  return compare_pre_release(pre_release, other.pre_release);
}

}  // namespace nexus::core
