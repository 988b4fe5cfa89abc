#include "core/app/command_lookup.h"

#include "core/app/console.h"
#include "core/config/suggestion.h"
#include "core/log/log_line.h"

#include <algorithm>

namespace nexus::core {
namespace {

std::size_t count_words(std::string_view name) { return static_cast<std::size_t>(std::ranges::count(name, ' ')) + 1; }

// Commands of as many words as could have been meant: arguments that follow them say nothing about the name.
std::string near_of_length(std::size_t length, std::span<const std::string> words, std::span<const std::string> names) {
  std::vector<std::string> candidates;
  std::ranges::copy_if(names, std::back_inserter(candidates),
                       [&](const auto& name) { return count_words(name) == length; });
  const auto text = suggestion(joined_words(words.first(std::min(length, words.size()))), candidates);
  return text.find("did you mean") == std::string::npos ? std::string() : text;
}

}  // namespace

std::vector<PluginCommand> commands_of(const std::vector<PluginStatus>& plugins) {
  std::vector<PluginCommand> out;
  for (const auto& plugin : plugins) {
    for (const auto& command : plugin.commands) out.push_back({command, plugin.id});
  }
  std::ranges::sort(out, {}, [](const auto& each) { return each.command.name; });
  return out;
}

const PluginCommand* match_command(std::span<const PluginCommand> commands, std::span<const std::string> words) {
  const PluginCommand* best = nullptr;
  std::size_t longest = 0;
  for (const auto& candidate : commands) {
    const auto length = count_words(candidate.command.name);
    if (length <= longest || length > words.size()) continue;
    if (joined_words(words.first(length)) != candidate.command.name) continue;
    longest = length;
    best = &candidate;
  }
  return best;
}

std::string near_commands(std::span<const std::string> words, std::span<const std::string> names) {
  for (const std::size_t length : {3, 2, 1}) {
    if (auto text = near_of_length(length, words, names); !text.empty()) return text;
  }
  std::vector<std::string> siblings;
  std::ranges::copy_if(names, std::back_inserter(siblings),
                       [&](const auto& name) { return name.starts_with(words.front() + ' '); });
  return siblings.empty() ? suggestion({}, names) : suggestion({}, siblings);
}

std::string joined_words(std::span<const std::string> words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string command_table(std::span<const PluginCommand> commands, std::string_view locale) {
  std::vector<std::vector<std::string>> rows{{"COMMAND", "ARGUMENTS", "PLUGIN", "SUMMARY"}};
  for (const auto& [command, plugin] : commands) {
    rows.push_back({command.name, command.arguments.empty() ? "-" : escape_control(command.arguments), plugin,
                    escape_control(command.summary(locale))});
  }
  std::string out;
  for (const auto& line : text_table(rows)) out += line + '\n';
  return out;
}

}  // namespace nexus::core
