#include "core/app/plugin_json.h"

#include <nlohmann/json.hpp>

namespace nexus::core {
namespace {

using nlohmann::json;

std::string print_json(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

json summary(const PluginStatus& plugin) {
  return {{"id", plugin.id}, {"version", plugin.version}, {"state", to_string(plugin.state)}};
}

json route_json(const PluginRoute& route) {
  return {{"method", route.method},
          {"path", route.pattern},
          {"permission", route.permission.empty() ? json(nullptr) : json(route.permission)},
          {"public", route.is_public},
          {"step_up", route.needs_step_up},
          {"session_only", route.needs_session}};
}

json command_json(const Command& command, std::string_view locale) {
  return {{"name", command.name}, {"arguments", command.arguments}, {"summary", command.summary(locale)}};
}

json detail(const PluginStatus& plugin, std::string_view locale) {
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
  for (const auto& route : plugin.routes) out["routes"].push_back(route_json(route));
  out["commands"] = json::array();
  for (const auto& command : plugin.commands) out["commands"].push_back(command_json(command, locale));
  return out;
}

}  // namespace

std::string plugin_summaries_json(const std::vector<PluginStatus>& plugins) {
  auto out = json::array();
  for (const auto& plugin : plugins) out.push_back(summary(plugin));
  return print_json(out);
}

std::string plugin_list_json(const std::vector<PluginStatus>& plugins, std::string_view locale) {
  auto out = json::array();
  for (const auto& plugin : plugins) out.push_back(detail(plugin, locale));
  return print_json({{"plugins", std::move(out)}});
}

std::string plugin_json(const PluginStatus& plugin, std::string_view locale) {
  return print_json(detail(plugin, locale));
}

std::vector<std::string> not_running(const std::vector<PluginStatus>& plugins) {
  std::vector<std::string> out;
  for (const auto& plugin : plugins) {
    if (plugin.state != PluginState::running && plugin.state != PluginState::disabled) out.push_back(plugin.id);
  }
  return out;
}

}  // namespace nexus::core
