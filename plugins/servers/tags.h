// Tags as one column: they contain no line breaks, so a line break parts them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nexus::servers {

inline std::string join_tags(const std::vector<std::string>& tags) {
  std::string text;
  for (const auto& tag : tags) text += (text.empty() ? "" : "\n") + tag;
  return text;
}

inline std::vector<std::string> split_tags(std::string_view text) {
  std::vector<std::string> tags;
  while (!text.empty()) {
    const auto end = text.find('\n');
    tags.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return tags;
}

}  // namespace nexus::servers
