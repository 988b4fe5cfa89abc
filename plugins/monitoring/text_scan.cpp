#include "text_scan.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace nexus::monitoring {

std::optional<std::string_view> next_line(std::string_view& text) noexcept {
  if (text.empty()) return std::nullopt;
  const auto end = std::min(text.find('\n'), text.size());
  const auto line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view next_word(std::string_view& line) noexcept {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const auto end = std::min(line.find_first_of(" \t"), line.size());
  const auto word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

std::optional<std::int64_t> whole_number(std::string_view word) noexcept {
  std::int64_t number = 0;
  if (word.empty() || word.front() == '-') return std::nullopt;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return number;
}

std::int64_t saturated_sum(std::int64_t a, std::int64_t b) noexcept {
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  return a > kMax - b ? kMax : a + b;
}

double percent(std::int64_t part, std::int64_t whole) noexcept {
  if (whole <= 0) return 0;
  const double exact = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  return std::round(std::clamp(exact, 0.0, 100.0) * 10.0) / 10.0;
}

}  // namespace nexus::monitoring
