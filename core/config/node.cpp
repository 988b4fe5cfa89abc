#include "core/config/node.h"

#include <algorithm>

namespace nexus::core {

std::string Position::text() const {
  if (line == 0) return source;
  return source + ':' + std::to_string(line) + ':' + std::to_string(column);
}

const Node* Node::find(std::string_view key) const noexcept {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &found->value;
}

Node* Node::find(std::string_view key) noexcept {
  const auto found = std::ranges::find(members, key, &Member::key);
  return found == members.end() ? nullptr : &found->value;
}

std::string Problems::text() const {
  std::string out;
  for (const auto& line : lines_) {
    if (!out.empty()) out += '\n';
    out += line;
  }
  return out;
}

}  // namespace nexus::core
