// What the program does for commands of plugins (nexus/commands.h). Both return an exit status (exit_code.h).
#pragma once

#include "core/config/configuration.h"

#include <span>
#include <string>
#include <vector>

namespace nexus::core {

// Prints every command of the installed plugins.
int list_commands(const ConfigSources& sources);

// Runs the one that `words` begin with; `own` are the program's own commands, to suggest one where there is none.
int run_plugin_command(const ConfigSources& sources, const std::vector<std::string>& words,
                       std::span<const std::string> own);

}  // namespace nexus::core
