#include "core/app/plugin_commands.h"

#include "core/app/command_lookup.h"
#include "core/app/command_session.h"
#include "core/app/console.h"
#include "core/app/inspection.h"
#include "core/app/panel.h"
#include "core/app/process_setup.h"
#include "core/log/log_line.h"

#include <algorithm>
#include <iostream>
#include <sstream>

namespace nexus::core {
namespace {

struct Choice {
  PluginCommand command;
  std::vector<std::string> plugins;  // to start for it
};

// Looks before anything of the panel is opened: a mistyped word must not make a data folder.
struct Lookup {
  std::optional<Choice> choice;
  std::vector<std::string> names;
  std::string refused;  // plugins that could not be registered, and why
};

std::string refusals(const std::vector<PluginStatus>& plugins) {
  std::string out;
  for (const auto& plugin : plugins) {
    if (plugin.state == PluginState::failed) out += "plugin " + plugin.id + ": " + plugin.reason + '\n';
  }
  return out;
}

Result<Lookup> look_up(const Settings& settings, const std::vector<std::string>& words) {
  Lookup out;
  NEXUS_TRY(look_at_plugins(settings, [&](Loader& loader) {
    const auto plugins = loader.status();
    const auto commands = commands_of(plugins);
    for (const auto& each : commands) out.names.push_back(each.command.name);
    out.refused = refusals(plugins);
    if (const auto* found = match_command(commands, words)) out.choice = {*found, loader.needed_for(found->plugin)};
  }));
  return out;
}

int unknown_command(const Lookup& lookup, const std::vector<std::string>& words, std::span<const std::string> own) {
  auto names = lookup.names;
  names.insert(names.begin(), own.begin(), own.end());
  return complain(kExitUsage, lookup.refused + "unknown command \"" + joined_words(words) + '"' +
                                  near_commands(words, names) + " (nexuspanel --help says more)");
}

// Lines of text, as the contract says; whatever else a name or a value brings along does not reach the terminal.
bool print_lines(const std::string& output) {
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    std::string_view rest = line;
    for (auto tab = rest.find('\t'); tab != std::string_view::npos; tab = rest.find('\t')) {
      std::cout << escape_control(rest.substr(0, tab)) << '\t';
      rest.remove_prefix(tab + 1);
    }
    std::cout << escape_control(rest) << '\n';
  }
  return static_cast<bool>(std::cout.flush());
}

int finish(const std::string& name, const CommandOutcome& outcome) {
  if (!print_lines(outcome.output)) return complain(kExitRefused, name + ": its output cannot be written");
  return outcome.status == Status::ok ? kExitOk : complain(kExitRefused, outcome.reason);
}

int run_in_session(const Settings& settings, const Choice& choice, const CommandLine& line) {
  CommandSession session(settings, choice.plugins);
  const auto failed = session.start();
  const int code = failed ? complain(failed->exit_code, failed->reason)
                          : finish(line.name, session.run(choice.command.plugin, line));
  if (!session.stop()) leave_at_once();
  return code;
}

}  // namespace

int list_commands(const ConfigSources& sources) {
  const auto settings = load_configuration(sources);
  if (!settings) return complain(kExitConfig, settings.error().what());
  restrict_process();
  const auto inspection = inspect_plugins(*settings);
  if (!inspection) return complain(kExitUnavailable, inspection.error().what());
  std::cout << command_table(commands_of(inspection->plugins), operator_locale()) << std::flush;
  const auto refused = refusals(inspection->plugins);
  return refused.empty() ? kExitOk : complain(kExitRefused, refused);
}

int run_plugin_command(const ConfigSources& sources, const std::vector<std::string>& words,
                       std::span<const std::string> own) {
  const auto settings = load_configuration(sources);
  if (!settings) return complain(kExitConfig, settings.error().what());
  restrict_process();
  const auto lookup = look_up(*settings, words);
  if (!lookup) return complain(kExitUnavailable, lookup.error().what());
  if (!lookup->choice) return unknown_command(*lookup, words, own);
  const auto& command = lookup->choice->command.command;
  const auto length = std::ranges::count(command.name, ' ') + 1;
  const std::vector<std::string> arguments(words.begin() + length, words.end());
  if (arguments.size() < command.min_args || arguments.size() > command.max_args)
    return complain(kExitUsage, "usage: nexuspanel " + command.usage());
  return run_in_session(*settings, *lookup->choice, {command.name, arguments, operator_locale()});
}

}  // namespace nexus::core
