#include "core/app/option_order.h"

#include "core/runtime/command.h"

#include <algorithm>
#include <array>

namespace nexus::core {
namespace {

constexpr std::array<std::string_view, 4> kWithValue{"--config", "--listen", "--data-dir", "--set"};
constexpr std::array<std::string_view, 2> kAlone{"--version", "--help"};

template <class Names>
bool has(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

struct Sorted {
  std::vector<std::string> options;
  std::vector<std::string> others;
};

Sorted sort_words(const std::vector<std::string>& words) {
  Sorted out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--") {
      out.others.insert(out.others.end(), words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end());
      break;
    }
    const auto name = word.substr(0, word.find('='));
    const bool is_option = has(kWithValue, name) || has(kAlone, word);
    (is_option ? out.options : out.others).push_back(words[i]);
    if (has(kWithValue, word) && i + 1 < words.size()) out.options.push_back(words[++i]);
  }
  return out;
}

}  // namespace

std::vector<std::string> options_first(const std::vector<std::string>& words) {
  auto sorted = sort_words(words);
  const auto& others = sorted.others;
  if (others.empty() || others.front().starts_with('-') || is_host_word(others.front())) return words;
  auto out = std::move(sorted.options);
  out.emplace_back("--");
  out.insert(out.end(), others.begin(), others.end());
  return out;
}

}  // namespace nexus::core
