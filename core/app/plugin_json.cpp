#include "core/app/plugin_json.h"

#include <nlohmann/json.hpp>

namespace nexus::core {
namespace {

using nlohmann::json;

std::string print(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json summary(const PluginStatus& plugin) {
  return {{"id", plugin.id}, {"version", plugin.version}, {"state", to_string(plugin.state)}};
}

json detail(const PluginStatus& plugin) {
  auto out = summary(plugin);
  out["last_error"] = plugin.reason.empty() ? json(nullptr) : json(plugin.reason);
  out["dependencies"] = json::array();
  for (const auto& dependency : plugin.dependencies) {
    out["dependencies"].push_back(
        {{"id", dependency.id},
         {"min_version", dependency.min_version.empty() ? json(nullptr) : json(dependency.min_version)},
         {"optional", dependency.optional}});
  }
  out["dependents"] = plugin.dependents;
  out["permissions"] = plugin.permissions;
  out["topics"] = plugin.topics;
  out["routes"] = json::array();
  for (const auto& route : plugin.routes) {
    out["routes"].push_back({{"method", route.method},
                             {"path", route.pattern},
                             {"permission", route.permission.empty() ? json(nullptr) : json(route.permission)},
                             {"public", route.is_public}});
  }
  return out;
}

}  // namespace

std::string plugin_summaries_json(const std::vector<PluginStatus>& plugins) {
  auto out = json::array();
  for (const auto& plugin : plugins) out.push_back(summary(plugin));
  return print(out);
}

std::string plugin_list_json(const std::vector<PluginStatus>& plugins) {
  auto out = json::array();
  for (const auto& plugin : plugins) out.push_back(detail(plugin));
  return print({{"plugins", std::move(out)}});
}

std::string plugin_json(const PluginStatus& plugin) { return print(detail(plugin)); }

std::vector<std::string> not_running(const std::vector<PluginStatus>& plugins) {
  std::vector<std::string> out;
  for (const auto& plugin : plugins) {
    if (plugin.state != PluginState::running && plugin.state != PluginState::disabled) out.push_back(plugin.id);
  }
  return out;
}

}  // namespace nexus::core
