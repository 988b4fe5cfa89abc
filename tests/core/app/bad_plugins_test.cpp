// Each bad plugin beside a good one: it is named with its reason, and the rest of the panel works.
#include "core/app/plugin_folder.h"

#include <nexus/base.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>

using namespace nexus::test;

namespace {

enum class Routes { unknown, unavailable };

// What the clients of a plugin's route see while it does not run.
void check_route(HttpClient& client, const std::string& name, Routes routes) {
  const auto answer = client.get("/api/v1/" + name);
  const bool known = routes == Routes::unavailable;
  CHECK(answer.status == (known ? 503 : 404));
  CHECK(nlohmann::json::parse(answer.body).at("code") == (known ? 50301 : 40401));
  CHECK(answer.headers.contains("retry-after") == known);
  CHECK_FALSE(says(client.get("/api/v1/openapi.json").body, "/api/v1/" + name + '"'));
}

// What /readyz and the log say of the one plugin that does not run while "good" does.
std::string failure_of(const std::string& name, Routes routes = Routes::unknown) {
  const PluginFolder plugins({"good", name});
  PanelProcess panel(plugins.options({}, false));
  auto client = panel.client();
  const auto ready = client.get("/readyz");
  CHECK(ready.status == 503);
  CHECK(nlohmann::json::parse(ready.body).at("plugins") == nlohmann::json::array({name}));
  CHECK(client.get("/healthz").status == 200);
  CHECK(client.get("/api/v1/good").status == 200);
  check_route(client, name, routes);
  const auto log = panel.log();
  CHECK(panel.terminate() == 0);
  CHECK(panel.sanitizer_report() == "");
  const auto at = log.find("plugin failed  plugin=" + name);
  return at == std::string::npos ? "not in the log" : log.substr(at, log.find('\n', at) - at);
}

}  // namespace

TEST_CASE("a plugin with a wrong entry is refused and the rest works") {
  CHECK(says(failure_of("wrong_magic"), "magic number"));
  CHECK(says(failure_of("wrong_major"), "needs ABI major 9, this panel offers major 1"));
  CHECK(says(failure_of("newer_minor"), "needs ABI 1." + std::to_string(NX_ABI_MINOR + 1) + " or newer"));
  CHECK(says(failure_of("missing_symbol"), "does not export nexus_plugin_entry"));
  CHECK(says(failure_of("two_symbols"), "leaked_helper"));
}

TEST_CASE("a plugin whose constructors misbehave is refused and the rest works") {
  CHECK(says(failure_of("throws_in_constructor"), "broken constructor"));
  CHECK(says(failure_of("aborts_in_constructor"), "static constructors"));
}

TEST_CASE("a plugin that fails on its way up is undone and the rest works") {
  CHECK(says(failure_of("throws_in_create"), "broken create"));
  CHECK(says(failure_of("throws_in_register"), "registration"));
  CHECK(says(failure_of("throws_in_start", Routes::unavailable), "start"));
  CHECK(says(failure_of("fails_in_start", Routes::unavailable), "conflict"));
}

TEST_CASE("a plugin whose needs are not met is named with what it needs") {
  CHECK(says(failure_of("needs_missing"), "needs nowhere, which is not installed"));
  CHECK(says(failure_of("needs_newer"), "needs good 9.0.0 or newer, installed is 1.0.0"));
  CHECK(says(failure_of("needs_service", Routes::unavailable), "nowhere.thing/1"));
}

TEST_CASE("a circle of plugins is shown and everything beside it runs") {
  const PluginFolder plugins({"good", "cycle_a", "cycle_b"});
  PanelProcess panel(plugins.options({}, false));
  CHECK(says(panel.log(), "cycle_a -> cycle_b -> cycle_a"));
  CHECK(panel.client().get("/api/v1/good").status == 200);
  CHECK(panel.terminate() == 0);
  CHECK(panel.sanitizer_report() == "");
}

TEST_CASE("what needs a plugin that fails to start fails with its reason") {
  const PluginFolder plugins({"good", "fails_in_start", "needs_broken"});
  PanelProcess panel(plugins.options({}, false));
  CHECK(says(panel.log(), "plugin failed  plugin=needs_broken"));
  CHECK(says(panel.log(), "needs fails_in_start, which failed"));
  CHECK(panel.client().get("/api/v1/good").status == 200);
  CHECK(panel.terminate() == 0);
}

TEST_CASE("a route that throws answers 500 and the panel lives") {
  const PluginFolder plugins({"good", "throws_in_route"});
  PanelProcess panel(plugins.options());
  auto client = panel.client();
  const auto answer = client.get("/api/v1/throws_in_route");
  CHECK(answer.status == 500);
  CHECK(!says(answer.body, "broken route"));
  CHECK(client.get("/api/v1/good").status == 200);
  CHECK(panel.terminate() == 0);
  CHECK(panel.sanitizer_report() == "");
}

TEST_CASE("a stop that throws does not keep the others from stopping") {
  const PluginFolder plugins({"good", "throws_in_stop"});
  PanelProcess panel(plugins.options());
  CHECK(panel.terminate() == 0);
  CHECK(panel.sanitizer_report() == "");
  CHECK(says(panel.log(), "panel stopped"));
}

TEST_CASE("a stop that does not return is named, and the process leaves at its deadline all the same") {
  const PluginFolder plugins({"good", "slow_to_stop"});
  PanelProcess panel(plugins.options());
  const auto start = std::chrono::steady_clock::now();
  CHECK(panel.terminate() == 70);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(16));
  CHECK(says(panel.log(), "plugin failed  plugin=slow_to_stop"));
  CHECK(says(panel.log(), "its stop did not return in time"));
  CHECK(panel.sanitizer_report() == "");
}

TEST_CASE("files that are no plugins are named and the rest works") {
  const PluginFolder plugins({"good"});
  plugins.folder().write("text.so", "just a text\n");
  std::filesystem::copy_file(std::string(NEXUS_FIXTURE_PLUGIN_DIR) + "/good.so", plugins.folder().path() + "/cut.so");
  std::filesystem::resize_file(plugins.folder().path() + "/cut.so", 3000);
  std::filesystem::permissions(plugins.folder().path() + "/text.so", std::filesystem::perms(0644));
  std::filesystem::permissions(plugins.folder().path() + "/cut.so", std::filesystem::perms(0644));
  PanelProcess panel(plugins.options({}, false));
  CHECK(says(panel.log(), "plugin failed  plugin=text"));
  CHECK(says(panel.log(), "plugin failed  plugin=cut"));
  CHECK(panel.client().get("/api/v1/good").status == 200);
  CHECK(panel.terminate() == 0);
}
