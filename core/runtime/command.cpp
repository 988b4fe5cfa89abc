#include "core/runtime/command.h"

#include "core/runtime/call.h"

#include <algorithm>
#include <array>

namespace nexus::core {
namespace {

constexpr std::size_t kMostWords = 3;
constexpr std::size_t kLongestName = 64;
constexpr std::array<std::string_view, 5> kHostWords{"serve", "config", "plugin", "audit", "help"};

bool is_alphanumeric(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// One that begins with '-' would read like an option.
bool is_word(std::string_view word) noexcept {
  return !word.empty() && is_alphanumeric(word.front()) &&
         std::ranges::all_of(word, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

}  // namespace

const std::string& Command::summary(std::string_view locale) const {
  auto found = summaries.find(locale);
  if (found == summaries.end()) found = summaries.find(kDefaultLocale);
  return found == summaries.end() ? summary_key : found->second;
}

bool is_command_name(std::string_view name) noexcept {
  if (name.size() > kLongestName) return false;
  for (std::size_t words = 1; words <= kMostWords; ++words) {
    const auto space = name.find(' ');
    if (!is_word(name.substr(0, space))) return false;
    if (space == std::string_view::npos) return true;
    name.remove_prefix(space + 1);
  }
  return false;
}

bool is_host_word(std::string_view word) noexcept { return std::ranges::find(kHostWords, word) != kHostWords.end(); }

}  // namespace nexus::core
