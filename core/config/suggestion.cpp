#include "core/config/suggestion.h"

#include <algorithm>
#include <vector>

namespace nexus::core {
namespace {

// A word further away than this is no typing mistake.
constexpr std::size_t kFarthest = 3;
// Longer words are not compared: the table below is quadratic.
constexpr std::size_t kLongestWord = 64;

// Letters to insert, drop, change or swap with their neighbour.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        table[i][j] = i + j;
        continue;
      }
      const std::size_t changed = a[i - 1] == b[j - 1] ? 0 : 1;
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + changed});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
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
