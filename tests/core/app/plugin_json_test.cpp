#include "core/app/plugin_json.h"

#include "core/app/host_openapi.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <set>

using namespace nexus::core;
using nlohmann::json;

namespace {

PluginStatus a_plugin() {
  PluginStatus plugin;
  plugin.id = "notes";
  plugin.version = "1.0.0";
  plugin.state = PluginState::running;
  plugin.routes.push_back({"GET", "/notes", "notes.read", false, false, false});
  plugin.routes.push_back({"DELETE", "/notes", "", true, true, false});
  plugin.routes.push_back({"PUT", "/notes", "", false, false, true});
  plugin.commands.push_back({"note add", "TEXT", "notes.command.note_add", {{"en", "Add"}, {"zh-CN", "添加"}}, 1, 1});
  plugin.dependencies.push_back({"users", "", true});
  return plugin;
}

std::set<std::string> members(const json& object) {
  std::set<std::string> out;
  for (const auto& [name, value] : object.items()) out.insert(name);
  return out;
}

// That an object has what its schema says, no more and no less.
void check_members(const json& value, const json& schema) {
  CHECK(members(value) == members(schema["properties"]));
  CHECK(members(value) == schema["required"].get<std::set<std::string>>());
}

}  // namespace

TEST_CASE("a plugin's routes tell who may use them, and its commands speak the caller's language") {
  const auto english = json::parse(plugin_json(a_plugin(), "en"));
  CHECK(english["routes"][0] == json::parse(R"({"method": "GET", "path": "/notes", "permission": "notes.read",
    "public": false, "step_up": false, "session_only": false})"));
  CHECK(english["routes"][1]["step_up"] == true);
  CHECK(english["routes"][1]["session_only"] == false);
  CHECK(english["routes"][2]["step_up"] == false);
  CHECK(english["routes"][2]["session_only"] == true);
  CHECK(english["commands"] == json::parse(R"([{"name": "note add", "arguments": "TEXT", "summary": "Add"}])"));
  const auto chinese = json::parse(plugin_list_json({a_plugin()}, "zh-CN"));
  CHECK(chinese["plugins"][0]["commands"][0]["summary"] == "添加");
}

TEST_CASE("the schema of a plugin describes what is answered") {
  const auto schema = json::parse(openapi::kSchemas)["InstalledPlugin"];
  auto plugin = json::parse(plugin_json(a_plugin(), "en"));
  check_members(plugin, schema);
  for (const auto* part : {"routes", "commands", "dependencies"}) {
    CAPTURE(part);
    check_members(plugin[part][0], schema["properties"][part]["items"]);
  }
}
