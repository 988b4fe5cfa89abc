// What the program does for each command of its command line. All return an exit status (exit_code.h).
#pragma once

#include "core/app/exit_code.h"
#include "core/config/configuration.h"

#include <string>

namespace nexus::core {

int serve(const ConfigSources& sources);
int check_config(const ConfigSources& sources);
int list_plugins(const ConfigSources& sources);
// The child that tries one plugin; see loader/prober.h. Ends the process.
[[noreturn]] void probe_plugin(const std::string& file);

}  // namespace nexus::core
