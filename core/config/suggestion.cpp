#include "core/config/suggestion.h"

#include <algorithm>
#include <vector>

namespace nexus::core {
namespace {

// A word further away than this is no typing mistake.
constexpr std::size_t kFarthest = 3;
// Longer words are not compared: the table below is quadratic.
constexpr std::size_t kLongestWord = 64;

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

}  // namespace

std::string suggestion(std::string_view word, std::span<const std::string> allowed) {
  const std::string* nearest = nullptr;
  auto best = std::min(kFarthest, word.size() / 2) + 1;
  for (const auto& candidate : allowed) {
    if (word.size() > kLongestWord || candidate.size() > kLongestWord) continue;
    const auto away = distance(word, candidate);
    if (away < best) best = away, nearest = &candidate;
  }
  if (nearest != nullptr) return "; did you mean \"" + *nearest + "\"?";
  if (allowed.empty()) return {};
  std::string out = "; allowed: ";
  for (const auto& candidate : allowed) out += (&candidate == allowed.data() ? "" : ", ") + candidate;
  return out;
}

}  // namespace nexus::core
