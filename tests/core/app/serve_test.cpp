#include "core/app/plugin_folder.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <signal.h>

#include <filesystem>
#include <fstream>

using namespace nexus::test;
using nlohmann::json;

namespace {

std::string first_reading(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_CASE("a panel starts, says where it listens, is ready, and ends with 0") {
  const PluginFolder plugins({"good"});
  PanelProcess panel(plugins.options());
  CHECK(says(panel.console(), "NexusPanel "));
  CHECK(says(panel.console(), " listening on http://127.0.0.1:" + std::to_string(panel.port()) + "\n"));
  auto client = panel.client();
  CHECK(json::parse(client.get("/healthz").body).at("data").at("status") == "ok");
  CHECK(json::parse(client.get("/readyz").body).at("data").at("status") == "ready");
  const auto document = json::parse(client.get("/api/v1/openapi.json").body);
  CHECK(document.at("openapi").get<std::string>().starts_with("3.1"));
  CHECK(document.at("paths").contains("/api/v1/good"));
  CHECK(document.at("paths").contains("/api/v1/plugins/{id}"));
  CHECK(client.get("/api/v1/plugins").status == 401);
  CHECK(client.get("/api/v1/system/info").status == 401);
  CHECK(panel.terminate() == 0);
  CHECK(panel.sanitizer_report() == "");
  CHECK(says(panel.log(), "panel stopped"));
}

TEST_CASE("what the panel keeps is for its owner alone") {
  const PluginFolder plugins({"good"});
  PanelProcess panel(plugins.options());
  struct stat status {};
  for (const auto& entry : std::filesystem::recursive_directory_iterator(panel.data_dir())) {
    REQUIRE(stat(entry.path().c_str(), &status) == 0);
    CHECK_MESSAGE((status.st_mode & 0077) == 0, entry.path().string());
  }
  REQUIRE(stat(panel.data_dir().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0700);
  REQUIRE(stat(panel.log_file().c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  CHECK(says(first_reading("/proc/" + std::to_string(panel.pid()) + "/limits"), "Max core file size        0 "));
}

TEST_CASE("a second panel on the same data folder is refused and the first goes on") {
  const PluginFolder plugins({"good"});
  PanelProcess first(plugins.options());
  const auto second = run_panel_program({"serve", "--data-dir", first.data_dir(), "--listen",
                                         "127.0.0.1:" + std::to_string(free_port()), "--config", first.config_file()});
  CHECK(second.status == 75);
  CHECK(says(second.errors, "is in use by another panel (process " + std::to_string(first.pid()) + ")"));
  CHECK(first.client().get("/readyz").status == 200);
  CHECK(first.terminate() == 0);
}

TEST_CASE("after a kill the same folder starts again") {
  const PluginFolder plugins({"good"});
  const TemporaryFolder folder;
  auto options = plugins.options();
  options.data_dir = folder.path() + "/data";
  {
    PanelProcess panel(options);
    CHECK(panel.kill_now() == 128 + SIGKILL);
  }
  PanelProcess again(options);
  CHECK(again.terminate() == 0);
}

TEST_CASE("an address that is taken is named") {
  const PluginFolder plugins({"good"});
  const TemporaryFolder folder;
  PanelProcess first(plugins.options());
  const auto second = run_panel_program({"serve", "--data-dir", folder.path() + "/data", "--listen",
                                         "127.0.0.1:" + std::to_string(first.port()), "--config", first.config_file()});
  CHECK(second.status == 69);
  CHECK(says(second.errors, std::to_string(first.port())));
}

TEST_CASE("a data folder that others may enter is refused") {
  const TemporaryFolder folder;
  folder.write("somebody's file", "x");
  chmod(folder.path().c_str(), 0755);
  const auto refused = run_panel_program({"serve", "--data-dir", folder.path(), "--listen", "127.0.0.1:0"});
  CHECK(refused.status == 73);
  CHECK(says(refused.errors, "chmod 700"));
}

TEST_CASE("SIGHUP opens the log again and takes what may change") {
  const PluginFolder plugins({"configured"});
  PanelProcess panel(plugins.options("configured: {greeting: good morning}\n"));
  auto client = panel.client();
  const auto section = [&] { return json::parse(client.get("/api/v1/configured").body).at("data"); };
  CHECK(section() == json{{"greeting", "good morning"}, {"tone", "warm"}, {"repeat", 1}});

  std::filesystem::rename(panel.log_file(), panel.log_file() + ".1");
  panel.write_config(plugins.config() + "configured: {greeting: good night, tone: cool}\nlog: {level: debug}\n");
  panel.hang_up();
  CHECK(panel.wait_for_log("configuration read again"));
  CHECK(section() == json{{"greeting", "good night"}, {"tone", "cool"}, {"repeat", 1}});
  CHECK(panel.terminate() == 0);
  CHECK(says(panel.log(), "debug  host"));
  CHECK(panel.sanitizer_report() == "");
}

TEST_CASE("a configuration that is broken at SIGHUP changes nothing and is named in the log") {
  const PluginFolder plugins({"configured"});
  PanelProcess panel(plugins.options("configured: {greeting: old}\n"));
  auto client = panel.client();
  for (const std::string broken :
       {"configured: {tone: sour}\nlog: {level: debug}\n", "configured: [\n", "htpp: {}\n"}) {
    panel.write_config(plugins.config() + broken);
    panel.hang_up();
    CHECK(panel.wait_for_log("the old one stays  reason=\"" + panel.config_file() + ":"));
    CHECK(json::parse(client.get("/api/v1/configured").body).at("data").at("greeting") == "old");
    std::filesystem::resize_file(panel.log_file(), 0);
  }
  CHECK(client.get("/readyz").status == 200);
  CHECK(panel.terminate() == 0);
  CHECK(!says(panel.log(), "debug  host"));
}

TEST_CASE("a setting that waits for the next start is said to") {
  const PluginFolder plugins({"good"});
  PanelProcess panel(plugins.options());
  panel.write_config(plugins.config() + "http: {trusted_proxies: [10.0.0.0/8]}\n");
  panel.hang_up();
  CHECK(panel.wait_for_log("takes effect at the next start  key=http.trusted_proxies"));
  CHECK(panel.terminate() == 0);
}

TEST_CASE("an interrupt stops it as well") {
  const PluginFolder plugins({"good"});
  PanelProcess panel(plugins.options());
  panel.signal(SIGINT);
  CHECK(panel.wait(std::chrono::seconds(10)) == 0);
}
