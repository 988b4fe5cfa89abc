// Plugins as the API shows them. Pure.
#pragma once

#include "core/loader/loader.h"

#include <string>
#include <string_view>
#include <vector>

namespace nexus::core {

// What anybody who is logged in may know: [{"id", "version", "state"}].
std::string plugin_summaries_json(const std::vector<PluginStatus>& plugins);
// What an administrator sees, in his language: {"plugins": [...]}, and one of them.
std::string plugin_list_json(const std::vector<PluginStatus>& plugins, std::string_view locale);
std::string plugin_json(const PluginStatus& plugin, std::string_view locale);

// Ids of enabled plugins that do not run.
std::vector<std::string> not_running(const std::vector<PluginStatus>& plugins);

}  // namespace nexus::core
