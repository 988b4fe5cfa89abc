#include "tags.h"

#include <algorithm>

namespace nexus::servers {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return parts;
}

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::string join_tags(const std::vector<std::string>& tags) {
  std::string text;
  for (const auto& tag : tags) text += (text.empty() ? "" : "\n") + tag;
  return text;
}

std::vector<std::string> split_tags(std::string_view text) { return split(text, '\n'); }

std::vector<std::string> listed_tags(std::string_view text, char separator) {
  auto tags = split(text, separator);
  std::transform(tags.begin(), tags.end(), tags.begin(), trimmed);
  std::erase(tags, "");
  return without_repeats(std::move(tags));
}

std::vector<std::string> without_repeats(std::vector<std::string> tags) {
  std::vector<std::string> kept;
  for (auto& tag : tags) {
    if (std::find(kept.begin(), kept.end(), tag) == kept.end()) kept.push_back(std::move(tag));
  }
  return kept;
}

}  // namespace nexus::servers
