// Tags as texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nexus::servers {

// As one column: tags contain no line breaks, so a line break parts them.
std::string join_tags(const std::vector<std::string>& tags);
std::vector<std::string> split_tags(std::string_view text);

// "web, prod" as a query or a cell of a table names them, parted by `separator`: without blanks around them, without
// empty ones, each once.
std::vector<std::string> listed_tags(std::string_view text, char separator = ',');

// Each at its first place.
std::vector<std::string> without_repeats(std::vector<std::string> tags);

}  // namespace nexus::servers
