// Looks at plugins without starting them: what `plugin list` and `config check` do. Uses no data of a real panel.
#pragma once

#include "core/config/settings.h"
#include "core/loader/loader.h"

#include <nexus/cpp/result.h>

#include <functional>
#include <string>
#include <vector>

namespace nexus::core {

struct Inspection {
  std::vector<PluginStatus> plugins;
  std::string problems;  // of the plugins' sections and of plugins.enabled, one in each line
};

// Registers the plugins against an empty database in a temporary folder, which is removed again; `look` sees them
// meanwhile.
Result<void> look_at_plugins(const Settings& settings, const std::function<void(Loader&)>& look);

// The same, and checks the configuration.
Result<Inspection> inspect_plugins(const Settings& settings);

// A table for people.
std::string plugin_table(const std::vector<PluginStatus>& plugins);

}  // namespace nexus::core
