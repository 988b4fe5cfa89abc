// YAML text to a tree, strictly: one document, mappings with unique plain keys, no anchors, no tags.
#pragma once

#include "core/config/node.h"

#include <nexus/cpp/result.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace nexus::core {

// A configuration is a page or two; more is a mistake or an attack.
inline constexpr std::size_t kLargestConfig = 256 * 1024;
// Far deeper than any schema; bounds the recursion of whoever walks the tree.
inline constexpr int kDeepestConfig = 32;
// A key in PEM fits; a regular expression over more could exhaust the stack.
inline constexpr std::size_t kLongestScalar = 16 * 1024;

// Fails with "source:line:column: what is wrong". An empty document is a null node. `with_lines` false leaves lines out
// of positions, for text that comes from no file.
Result<Node> read_yaml(std::string_view text, const std::string& source, bool with_lines = true);

// A regular file of at most kLargestConfig.
Result<Node> read_yaml_file(const std::string& path);

}  // namespace nexus::core
