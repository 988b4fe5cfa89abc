// Which words of a command line are the program's options, where a plugin's command may have some of its own. Pure.
#pragma once

#include <string>
#include <vector>

namespace nexus::core {

// For a command of a plugin: the program's own options (--config FILE and the like) in front, then "--", then all other
// words as they stand. What follows a "--" is the command's. Any other command line is given back as it is, so that
// an option that nobody knows is refused.
std::vector<std::string> options_first(const std::vector<std::string>& words);

}  // namespace nexus::core
