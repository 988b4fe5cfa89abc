#include "core/config/configuration.h"

#include "core/config/yaml_reader.h"
#include "support/panel_process.h"

#include <nexus/log.h>

#include <doctest/doctest.h>

#include <cstdlib>

using namespace nexus;
using namespace nexus::core;

namespace {

struct Loaded {
  std::string file;
  Result<Settings> settings;
};

Loaded load(const std::string& yaml, std::vector<std::string> overrides = {}) {
  const test::TemporaryFolder folder;
  const auto file = folder.write("panel.yaml", yaml);
  return {file, load_configuration({file, std::nullopt, std::nullopt, std::move(overrides)})};
}

// The complaint without the temporary folder: "panel.yaml:2:3: ...".
std::string complaint(const std::string& yaml, std::vector<std::string> overrides = {}) {
  const auto loaded = load(yaml, std::move(overrides));
  if (loaded.settings.ok()) return "accepted";
  std::string text = loaded.settings.error().what();
  const auto folder = loaded.file.substr(0, loaded.file.rfind('/') + 1);
  for (auto at = text.find(folder); at != std::string::npos; at = text.find(folder)) text.erase(at, folder.size());
  return text;
}

}  // namespace

TEST_CASE("without a file there are defaults") {
  const auto settings = load_configuration({});
  REQUIRE(settings.ok());
  CHECK(settings->listen.text() == "127.0.0.1:8080");
  CHECK(settings->general_per_minute == 100);
  CHECK(settings->auth_per_minute == 10);
  CHECK(settings->websockets_per_user == 5);
  CHECK(settings->audit_retention_days == 365);
  CHECK(settings->log_level == NX_LOG_INFO);
  CHECK(!settings->enabled.has_value());
  CHECK(settings->data_dir.front() == '/');
}

TEST_CASE("every key is read, and paths count from the file's folder") {
  const auto loaded = load(R"(
http: {listen: "[::1]:9000", trusted_proxies: [10.0.0.0/8, "fd00::1"]}
data_dir: state
log: {level: debug, file: logs/panel.log}
storage: {url: "mysql://panel:secret@db:3306/panel"}
plugins: {path: [plugins], enabled: [users, auth]}
rate_limits: {general_per_minute: 0, auth_per_minute: 20, websockets_per_user: 7}
audit: {retention_days: 30}
auth: {registration: closed}
)");
  REQUIRE_MESSAGE(loaded.settings.ok(), loaded.settings.error().what());
  const auto& settings = loaded.settings.value();
  const auto folder = loaded.file.substr(0, loaded.file.rfind('/'));
  CHECK(settings.listen.host == "::1");
  CHECK(settings.listen.text() == "[::1]:9000");
  CHECK(settings.trusted_proxies == std::vector<std::string>{"10.0.0.0/8", "fd00::1"});
  CHECK(settings.data_dir == folder + "/state");
  CHECK(settings.log_file == folder + "/logs/panel.log");
  CHECK(settings.log_level == NX_LOG_DEBUG);
  CHECK(settings.storage_url == "mysql://panel:secret@db:3306/panel");
  CHECK(settings.plugin_folders == std::vector<std::string>{folder + "/plugins"});
  REQUIRE(settings.enabled.has_value());
  CHECK(settings.enabled->at(1).id == "auth");
  CHECK(settings.general_per_minute == 0);
  CHECK(settings.websockets_per_user == 7);
  CHECK(settings.audit_retention_days == 30);
  REQUIRE(settings.sections.size() == 1);
  CHECK(settings.sections[0].key == "auth");
}

TEST_CASE("each mistake is named with its place and with what is allowed") {
  CHECK(complaint("http:\n  lissten: 1\n") == "panel.yaml:2:3: unknown key \"http.lissten\"; did you mean \"listen\"?");
  CHECK(complaint("log:\n  colour: red\n") == "panel.yaml:2:3: unknown key \"log.colour\"; allowed: file, level");
  CHECK(complaint("http:\n  listen: 8080\n") ==
        "panel.yaml:2:11: http.listen must be HOST:PORT, for example 127.0.0.1:8080 or [::1]:8080, not \"8080\"");
  CHECK(complaint("log: {level: verbose}\n") ==
        "panel.yaml:1:14: log.level must be one of debug, info, warning, error, not \"verbose\"");
  CHECK(complaint("rate_limits:\n  auth_per_minute: -1\n")
            .starts_with("panel.yaml:2:20: rate_limits.auth_per_minute must"));
  CHECK(complaint("rate_limits: {auth_per_minute: \"10\"}").starts_with("panel.yaml:1:32: "));
  CHECK(complaint("rate_limits: {auth_per_minute: 010}").starts_with("panel.yaml:1:32: "));
  CHECK(complaint("rate_limits: {auth_per_minute: 99999999999}").starts_with("panel.yaml:1:32: "));
  CHECK(complaint("plugins:\n  enabled: users\n") ==
        "panel.yaml:2:12: plugins.enabled must be a list of plugin ids, not \"users\"");
  CHECK(complaint("plugins: {enabled: [users, users]}").find("is there twice") != std::string::npos);
  CHECK(complaint("http: nothing\n") == "panel.yaml:1:7: http must be a mapping, not \"nothing\"");
  CHECK(complaint("- a\n- b\n").find("must be a mapping, not a list") != std::string::npos);
  CHECK(complaint("http: {trusted_proxies: [10.0.0.0/33]}").find("must be an address or a network") !=
        std::string::npos);
  CHECK(complaint("\"Bad Key\": 1\n").starts_with("panel.yaml:1:1: unknown key"));
}

TEST_CASE("all mistakes are told at once") {
  const auto text = complaint("http: {port: 1}\nlog: {level: loud}\n");
  CHECK(text.find("panel.yaml:1:8: ") != std::string::npos);
  CHECK(text.find("\npanel.yaml:2:14: ") != std::string::npos);
}

TEST_CASE("a password in a wrong storage.url is not repeated") {
  const auto text = complaint("storage: {url: \"postgres://panel:secret@db/panel\"}");
  CHECK(text.starts_with("panel.yaml:1:16: storage.url must be"));
  CHECK(text.find("secret") == std::string::npos);
}

TEST_CASE("what YAML would let pass in silence is refused") {
  CHECK(complaint("log: {level: info}\nlog: {level: debug}\n") ==
        "panel.yaml:2:1: \"log\" is there twice; first at panel.yaml:1:1");
  CHECK(complaint("a: &x [1]\nb: *x\n").find("anchors") != std::string::npos);
  CHECK(complaint("log: !!python/object {level: info}\n").find("tags") != std::string::npos);
  CHECK(complaint("---\nlog: {}\n---\nlog: {}\n").find("more than one document") != std::string::npos);
  CHECK(complaint("[1, 2]: 3\n").find("a key must be a plain word") != std::string::npos);
  CHECK(complaint("log: {level: \"inf\n").starts_with("panel.yaml:"));
  CHECK(complaint(std::string("log: {}\0", 8)).find("NUL") != std::string::npos);
  CHECK(complaint("x: " + std::string(100, '[') + std::string(100, ']')).find("deeper than 32") != std::string::npos);
  CHECK(complaint("x: \"" + std::string(20'000, 'a') + "\"").find("longer than") != std::string::npos);
  CHECK(complaint("# " + std::string(300'000, 'a')).find("larger than 256 KiB") != std::string::npos);
}

TEST_CASE("a file that is missing or no file is named") {
  CHECK(std::string(load_configuration({"/nowhere.yaml", {}, {}, {}}).error().what()).find("/nowhere.yaml") !=
        std::string::npos);
  CHECK(std::string(load_configuration({"/dev/zero", {}, {}, {}}).error().what()).find("not a regular file") !=
        std::string::npos);
}

TEST_CASE("the command line wins over the environment, the environment over the file") {
  setenv("NEXUS_LOG_LEVEL", "warning", 1);
  setenv("NEXUS_HTTP_LISTEN", "127.0.0.1:7000", 1);
  const auto loaded = load("log: {level: debug}\nhttp: {listen: 127.0.0.1:6000}\n", {"http.listen=127.0.0.1:5000"});
  unsetenv("NEXUS_LOG_LEVEL");
  unsetenv("NEXUS_HTTP_LISTEN");
  REQUIRE(loaded.settings.ok());
  CHECK(loaded.settings->log_level == NX_LOG_WARNING);
  CHECK(loaded.settings->listen.port == 5000);
}

TEST_CASE("an override names itself in its complaint") {
  CHECK(complaint("", {"log.level=loud"}).starts_with("--set log.level: log.level must be one of"));
  CHECK(complaint("", {"nonsense"}).find("key=value") != std::string::npos);
  CHECK(complaint("log: {level: info}\n", {"log.level.deep=1"}).find("is not a mapping") != std::string::npos);
  const auto loaded = load("", {"plugins.enabled=[users, auth]", "auth.registration=closed"});
  REQUIRE(loaded.settings.ok());
  CHECK(loaded.settings->enabled->size() == 2);
  CHECK(loaded.settings->sections.size() == 1);
}
