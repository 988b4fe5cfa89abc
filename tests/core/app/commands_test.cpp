// Commands of plugins, run as an operator runs them.
#include "core/app/command_lookup.h"
#include "core/app/plugin_folder.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <set>

using namespace nexus::test;
using Words = std::vector<std::string>;

namespace {

// A folder with plugins and one for data, as often as commands are run in it.
struct Shell {
  explicit Shell(const Words& names) : plugins(names) {}

  ProgramResult run(Words words, const std::map<std::string, std::string>& environment = {{"LC_ALL", "en_US.UTF-8"}}) {
    words.insert(words.end(), {"--set", plugins.setting(), "--data-dir", data_dir()});
    return run_panel_program(words, environment);
  }
  std::string data_dir() const { return folder.path() + "/data"; }
  // Whose own folder was made, which a start does.
  std::set<std::string> started() const {
    std::set<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(data_dir() + "/plugins"))
      out.insert(entry.path().filename());
    return out;
  }

  PluginFolder plugins;
  TemporaryFolder folder;
};

nexus::core::PluginCommand command(const std::string& name) { return {{name, "", "", {}, 0, 0}, "p"}; }

}  // namespace

TEST_CASE("a command works on the database, and says so in the operator's language") {
  Shell shell({"noted"});
  const auto first = shell.run({"note", "add", "milk"});
  CHECK(first.status == 0);
  CHECK(first.output == "1 notes\n");
  CHECK(first.errors.empty());
  const auto second = shell.run({"note", "add", "eggs"}, {{"LC_ALL", "zh_CN.UTF-8"}, {"LANG", "en_US.UTF-8"}});
  CHECK(second.output == "共 2 条\n");
  const auto third = shell.run({"note", "add", "a\x1b[2Jb\tc\x07"}, {{"LC_ALL", ""}, {"LANG", "zh_TW"}});
  CHECK(third.output == "共 3 条\n");
  CHECK(shell.run({"note", "list"}, {{"LC_ALL", "C"}}).output == "milk\neggs\na\\x1b[2Jb\tc\\x07\n");
  // Nobody else may read what it made.
  CHECK((std::filesystem::status(shell.data_dir()).permissions() & std::filesystem::perms(0077)) ==
        std::filesystem::perms::none);
}

TEST_CASE("a command that fails prints what it had, then the reason, and is status 1") {
  Shell shell({"noted"});
  const auto failed = shell.run({"note", "fail"});
  CHECK(failed.status == 1);
  CHECK(failed.output == "so far\n");
  CHECK(failed.errors == "nexuspanel: it is \\x1b[31mnot\\x1b[0m to be\n");
}

TEST_CASE("the longest name counts, the other words are arguments, whatever they look like") {
  Shell shell({"noted"});
  CHECK(shell.run({"note"}).output.empty());
  CHECK(shell.run({"note", "addd", "x"}).output == "<addd>\n<x>\n");
  CHECK(shell.run({"note", "--force", "", "-v", "a b"}).output == "<--force>\n<>\n<-v>\n<a b>\n");
  auto words = Words{"--set", shell.plugins.setting(), "--data-dir", shell.data_dir(), "note", "--", "--help", "serve"};
  CHECK(run_panel_program(words).output == "<--help>\n<serve>\n");
}

TEST_CASE("a wrong number of arguments is told before anything is opened") {
  Shell shell({"noted"});
  for (const auto& words : {Words{"note", "add"}, Words{"note", "add", "a", "b"}}) {
    const auto result = shell.run(words);
    CHECK(result.status == 64);
    CHECK(result.errors == "nexuspanel: usage: nexuspanel note add TEXT\n");
  }
  CHECK(shell.run(Words(18, "note")).status == 64);
  CHECK_FALSE(std::filesystem::exists(shell.data_dir()));
}

TEST_CASE("an unknown command suggests near ones, also of plugins, and touches nothing") {
  Shell shell({"noted", "counter"});
  const auto near_plugins = shell.run({"noet"});
  CHECK(near_plugins.status == 64);
  CHECK(near_plugins.errors ==
        "nexuspanel: unknown command \"noet\"; did you mean \"note\"? (nexuspanel --help says more)\n");
  CHECK(says(shell.run({"srve"}).errors, "did you mean \"serve\"?"));
  CHECK(says(shell.run({"far", "away"}).errors, "plugin commands, audit verify, audit export, note, note add,"));
  CHECK_FALSE(std::filesystem::exists(shell.data_dir()));
  Shell broken({"wrong_major"});
  CHECK(says(broken.run({"note"}).errors, "plugin wrong_major: needs ABI major 9"));
}

TEST_CASE("only the command's plugin and what it needs are started, and no address is taken") {
  Shell shell({"noted", "configured", "counter", "good", "fails_in_start", "slow_to_start"});
  CHECK(shell.run({"note", "ask", "--set", "log.level=loud"}).status == 78);  // checked as it is for `serve`
  const auto right = shell.run({"note", "ask"});
  CHECK_MESSAGE(right.status == 0, right.errors);
  CHECK(right.output == "1\n");
  CHECK(shell.started() == std::set<std::string>{"configured", "counter", "noted"});
  Shell alone({"noted"});
  const auto missing = alone.run({"note", "ask"});
  CHECK(missing.status == 1);
  CHECK(missing.errors.starts_with("nexuspanel: "));
}

TEST_CASE("a plugin that cannot start is named") {
  Shell shell({"noted"});
  REQUIRE(shell.run({"note", "list"}).status == 0);
  std::filesystem::remove_all(shell.data_dir() + "/plugins");
  { std::ofstream file(shell.data_dir() + "/plugins"); }
  const auto result = shell.run({"note", "list"});
  CHECK(result.status == 1);
  CHECK(says(result.errors, "nexuspanel: the plugin noted does not run: start: "));
}

TEST_CASE("a command runs beside a running panel, on the same database") {
  PluginFolder plugins({"noted"});
  PanelProcess panel(plugins.options());
  const auto run = [&](Words words) {
    words.insert(words.end(), {"--config", panel.config_file(), "--data-dir", panel.data_dir(), "--listen",
                               "127.0.0.1:" + std::to_string(panel.port())});
    return run_panel_program(words, {{"LANG", "en_US.UTF-8"}, {"LC_ALL", ""}});
  };
  const auto count = [&] { return panel.client().get("/api/v1/noted").body; };
  CHECK(says(count(), "\"data\":0"));
  for (int i = 1; i <= 3; ++i) {
    const auto added = run({"note", "add", "milk"});
    CHECK_MESSAGE(added.status == 0, added.errors);
    CHECK(added.output == std::to_string(i) + " notes\n");
  }
  CHECK(says(count(), "\"data\":3"));
  CHECK(panel.client().get("/readyz").status == 200);
  CHECK(panel.terminate() == 0);
  CHECK(panel.sanitizer_report().empty());
}

TEST_CASE("plugin commands lists names, arguments, plugin and summary") {
  Shell shell({"noted", "counter"});
  const auto listed = shell.run({"plugin", "commands"});
  CHECK(listed.status == 0);
  CHECK(listed.output ==
        "COMMAND    ARGUMENTS  PLUGIN  SUMMARY\n"
        "note       [WORD...]  noted   Print words\n"
        "note add   TEXT       noted   Add a note\n"
        "note ask   -          noted   Ask the counter\n"
        "note fail  -          noted   Fail\n"
        "note list  -          noted   Print all notes\n");
  CHECK(says(shell.run({"plugin", "commands"}, {{"LC_ALL", "zh_CN.UTF-8"}}).output, "noted   添加一条记录\n"));
  CHECK_FALSE(std::filesystem::exists(shell.data_dir()));
  CHECK(says(run_panel_program({"--help"}).output, "plugin commands"));
}

TEST_CASE("of two plugins with the same command the second is refused, by name") {
  Shell shell({"noted", "noted_twice"});
  const auto listed = shell.run({"plugin", "commands"});
  CHECK(listed.status == 1);
  CHECK(says(listed.errors, "plugin noted_twice: registration: "));
  CHECK(says(listed.errors, "the command note exists already"));
  CHECK(shell.run({"note", "add", "x"}).output == "1 notes\n");
}

TEST_CASE("the longest match among names of one to three words") {
  const std::vector<nexus::core::PluginCommand> all{command("user"), command("user key add"), command("user list")};
  const auto name = [&](const Words& words) {
    const auto* found = nexus::core::match_command(all, words);
    return found == nullptr ? std::string("-") : found->command.name;
  };
  CHECK(name({"user"}) == "user");
  CHECK(name({"user", "key"}) == "user");
  CHECK(name({"user", "key", "add", "list"}) == "user key add");
  CHECK(name({"user", "list", "key"}) == "user list");
  CHECK(name({"users"}) == "-");
  CHECK(name({"user list"}) == "-");
}

TEST_CASE("what is near is said by the words that could have been meant") {
  const Words names{"serve", "config check", "user unlock", "user key add"};
  const auto near = [&](const Words& words) { return nexus::core::near_commands(words, names); };
  CHECK(near({"user", "unlck", "li"}) == "; did you mean \"user unlock\"?");
  CHECK(near({"user", "kye", "add", "li", "x"}) == "; did you mean \"user key add\"?");
  CHECK(near({"user", "something"}) == "; allowed: user unlock, user key add");
  CHECK(near({"nothing"}) == "; allowed: serve, config check, user unlock, user key add");
}
