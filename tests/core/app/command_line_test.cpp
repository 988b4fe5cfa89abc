#include "core/app/plugin_folder.h"

#include <doctest/doctest.h>

#include <filesystem>

using namespace nexus::test;

TEST_CASE("the program explains itself") {
  const auto version = run_panel_program({"--version"});
  CHECK(version.status == 0);
  CHECK(version.output.starts_with("NexusPanel "));
  const auto help = run_panel_program({"--help"});
  CHECK(help.status == 0);
  CHECK(says(help.output, "--set KEY=VALUE"));
  CHECK(says(help.output, "Exit status"));
}

TEST_CASE("a wrong command line is a status of its own") {
  CHECK(run_panel_program({}).status == 64);
  const auto unknown = run_panel_program({"serv"});
  CHECK(unknown.status == 64);
  CHECK(says(unknown.errors, "did you mean \"serve\"?"));
  CHECK(run_panel_program({"serve", "--colour", "red"}).status == 64);
  CHECK(run_panel_program({"serve", "--config"}).status == 64);
  CHECK(run_panel_program({"serve", "--daemon"}).status == 64);
}

TEST_CASE("a wrong configuration ends at once, with its place") {
  const TemporaryFolder folder;
  const auto file = folder.write("panel.yaml", "http:\n  listen: 127.0.0.1:0\nlgo: {level: info}\n");
  for (const auto* command : {"serve", "check"}) {
    const bool check = std::string(command) == "check";
    auto words = check ? std::vector<std::string>{"config", "check"} : std::vector<std::string>{"serve"};
    words.insert(words.end(), {"--config", file, "--data-dir", folder.path() + "/data"});
    const auto result = run_panel_program(words);
    CHECK(result.status == 78);
    CHECK(says(result.errors, file + ":3:1: unknown key \"lgo\""));
    CHECK(says(result.errors, "did you mean \"log\"?"));
  }
  const auto syntax = folder.write("broken.yaml", "http: [\n");
  const auto result = run_panel_program({"serve", "--config", syntax, "--data-dir", folder.path() + "/untouched"});
  CHECK(result.status == 78);
  CHECK(says(result.errors, syntax + ':'));
  CHECK(result.duration < std::chrono::seconds(5));  // 1 s, unless the machine is busy
  CHECK(!std::filesystem::exists(folder.path() + "/untouched"));
}

TEST_CASE("a plugin's section is checked by the plugin's schema, before anything starts") {
  const PluginFolder plugins({"good", "configured"});
  const TemporaryFolder folder;
  const auto path = plugins.setting();
  const auto file = folder.write("panel.yaml", "configured:\n  greeting: hi\n  repeat: 10\n");
  const auto checked = run_panel_program({"config", "check", "--config", file, "--set", path});
  CHECK(checked.status == 78);
  CHECK(says(checked.errors, file + ":3:3: configured.repeat: Must be at most 9"));
  const auto served =
      run_panel_program({"serve", "--config", file, "--set", path, "--data-dir", folder.path() + "/data", "--listen",
                         "127.0.0.1:" + std::to_string(free_port())});
  CHECK(served.status == 78);
  CHECK(says(served.errors, file + ":3:3: "));
  folder.write("panel.yaml", "good: {a: 1}\n");
  CHECK(says(run_panel_program({"config", "check", "--config", file, "--set", path}).errors,
             file + ":1:1: the plugin good has no configuration"));
  folder.write("panel.yaml", "configured: {repeat: 9}\n");
  CHECK(run_panel_program({"config", "check", "--config", file, "--set", path}).status == 0);
  // Installed, but not enabled: its section may stay.
  CHECK(run_panel_program({"config", "check", "--config", file, "--set", path, "--set", "plugins.enabled=[good]"})
            .status == 0);
}

TEST_CASE("an enabled plugin that is not installed is named") {
  const PluginFolder plugins({"good"});
  const auto result =
      run_panel_program({"config", "check", "--set", plugins.setting(), "--set", "plugins.enabled=[goood]"});
  CHECK(result.status == 78);
  CHECK(says(result.errors, "did you mean \"good\"?"));
}

TEST_CASE("plugins are listed with state, reason and dependencies, and nothing is left behind") {
  const PluginFolder plugins({"good", "wrong_major", "needs_newer"});
  const TemporaryFolder temporary;
  const auto result = run_panel_program({"plugin", "list", "--set", plugins.setting()}, {{"TMPDIR", temporary.path()}});
  CHECK(result.status == 1);
  CHECK(says(result.output, "good         1.0.0    registered  1       -\n"));
  CHECK(says(result.output, "needs ABI major 9"));
  CHECK(says(result.output, "good >= 9.0.0"));
  CHECK(std::filesystem::is_empty(temporary.path()));
}

TEST_CASE("a probe prints what a plugin says of itself") {
  const auto file = std::string(NEXUS_FIXTURE_PLUGIN_DIR) + "/good.so";
  const auto good = run_panel_program({"plugin", "probe", file});
  CHECK(good.status == 0);
  CHECK(says(good.output, "\"id\":\"good\""));
  CHECK(run_panel_program({"plugin", "probe", "/nowhere.so"}).status == 1);
}
