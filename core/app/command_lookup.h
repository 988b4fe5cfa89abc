// Which command of which plugin some words mean. Pure.
#pragma once

#include "core/loader/loader.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::core {

struct PluginCommand {
  Command command;
  std::string plugin;
};

// Of all `plugins`, sorted by name.
std::vector<PluginCommand> commands_of(const std::vector<PluginStatus>& plugins);

// The command with the longest name that `words` begin with, or null.
const PluginCommand* match_command(std::span<const PluginCommand> commands, std::span<const std::string> words);

// What to say of words that are no command: "; did you mean ...?", the commands that begin with the same word, or all.
std::string near_commands(std::span<const std::string> words, std::span<const std::string> names);

// The words with a space between them.
std::string joined_words(std::span<const std::string> words);

// A table for people, its summaries in `locale`.
std::string command_table(std::span<const PluginCommand> commands, std::string_view locale);

}  // namespace nexus::core
