// SIGHUP: what may change acts on the next request, what may not is named, and a broken file changes nothing.
#include "core/app/plugin_folder.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <thread>

using namespace nexus::test;
using nlohmann::json;

namespace {

// A panel whose file a test changes while it runs.
class ChangingPanel {
 public:
  ChangingPanel(const std::vector<std::string>& plugins, const std::string& config)
      : plugins_(plugins), panel_(plugins_.options(config)), client_(panel_.client()) {}

  PanelProcess& process() { return panel_; }
  HttpAnswer get(const std::string& path) { return client_.get(path); }
  std::string limit_of(const std::string& path) { return get(path).header("x-ratelimit-limit"); }

  void write(const std::string& config) const { panel_.write_config(plugins_.config() + config); }
  // Writes it and waits until the log holds `said` once more than before.
  void change(const std::string& config, const std::string& said = "configuration read again") {
    const auto before = count(said);
    write(config);
    panel_.hang_up();
    for (int tries = 0; tries < 500 && count(said) == before; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    REQUIRE_MESSAGE(count(said) > before, panel_.log());
  }

  // A request's line comes after its answer.
  bool reaches(const std::string& text, std::size_t wanted) const {
    for (int tries = 0; tries < 200 && count(text) != wanted; ++tries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return count(text) == wanted;
  }
  std::size_t count(const std::string& text) const {
    std::size_t found = 0;
    const auto log = panel_.log();
    for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++found;
    return found;
  }

 private:
  PluginFolder plugins_;
  PanelProcess panel_;
  HttpClient client_;
};

}  // namespace

TEST_CASE("changed rate limits act on the next request") {
  ChangingPanel panel({"counted", "counted_as_login"}, "rate_limits: {general_per_minute: 7, auth_per_minute: 3}\n");
  auto answer = panel.get("/api/v1/counted");
  CHECK(answer.header("x-ratelimit-limit") == "7");
  CHECK(answer.header("x-ratelimit-remaining") == "6");
  CHECK(panel.limit_of("/api/v1/counted_as_login") == "3");

  panel.change("rate_limits: {general_per_minute: 9, auth_per_minute: 4}\n");
  answer = panel.get("/api/v1/counted");
  CHECK(answer.header("x-ratelimit-limit") == "9");
  CHECK(answer.header("x-ratelimit-remaining") == "7");  // what was counted before still counts
  CHECK(panel.limit_of("/api/v1/counted_as_login") == "4");

  panel.change("rate_limits: {general_per_minute: 2, auth_per_minute: 4}\n");
  answer = panel.get("/api/v1/counted");
  CHECK(answer.status == 429);
  CHECK(json::parse(answer.body).at("code") == 42901);
  CHECK(answer.header("x-ratelimit-limit") == "2");

  panel.change("rate_limits: {general_per_minute: 0, auth_per_minute: 0}\n");
  answer = panel.get("/api/v1/counted");
  CHECK(answer.status == 200);
  CHECK(answer.header("x-ratelimit-limit") == "");

  // Out of the file, the documented default holds again.
  panel.change("");
  CHECK(panel.limit_of("/api/v1/counted") == "100");
  CHECK(panel.limit_of("/api/v1/counted_as_login") == "10");
  CHECK(panel.process().terminate() == 0);
  CHECK(panel.process().sanitizer_report() == "");
}

TEST_CASE("a changed log level acts on the next line, up and down") {
  ChangingPanel panel({"counted"}, "rate_limits: {general_per_minute: 50}\n");
  panel.get("/api/v1/counted");
  REQUIRE(panel.reaches("path=/api/v1/counted", 1));

  // At level error nothing tells of the change but the limit that comes with it.
  panel.write("rate_limits: {general_per_minute: 40}\nlog: {level: error}\n");
  panel.process().hang_up();
  for (int tries = 0; tries < 30 && panel.limit_of("/api/v1/counted") != "40"; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const auto before = panel.count("path=/api/v1/counted");
  CHECK(panel.limit_of("/api/v1/counted") == "40");
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  CHECK(panel.count("path=/api/v1/counted") == before);
  CHECK(panel.count("configuration read again") == 0);

  panel.change("log: {level: debug}\n");
  panel.get("/api/v1/counted");
  CHECK(panel.reaches("path=/api/v1/counted", before + 1));
  CHECK(panel.count("debug  host") == 0);
  CHECK(panel.process().terminate() == 0);
  CHECK(panel.count("debug  host") > 0);
}

TEST_CASE("a file with one mistake changes nothing at all, and the log says what is wrong and where") {
  ChangingPanel panel({"counted", "configured"}, "rate_limits: {general_per_minute: 50}\n");
  const std::string changed = "log: {level: debug}\nconfigured: {greeting: changed}\n";
  for (const auto& [wrong, reason] : std::vector<std::pair<std::string, std::string>>{
           {"rate_limits: {general_per_minute: many}\n", "rate_limits.general_per_minute"},
           {"rate_limits: {general_per_minute: 5, general_per_hour: 5}\n", "unknown key"},
           {"rate_limits: {general_per_minute: 5}\nrate_limits: {}\n", "rate_limits"},
           {"rate_limits: {general_per_minute: 5}\nconfigurd: {}\n", "did you mean"},
           {"rate_limits: {general_per_minute: 5\n", "panel.yaml:"}}) {
    CAPTURE(wrong);
    panel.change(changed + wrong, "the old one stays");
    const auto log = panel.process().log();
    const auto line = log.substr(log.rfind("the old one stays"));
    CHECK(says(line, panel.process().config_file() + ':'));
    CHECK_MESSAGE(says(line, reason), line);
    CHECK(panel.limit_of("/api/v1/counted") == "50");
    CHECK(json::parse(panel.get("/api/v1/configured").body).at("data").at("greeting") == "hello");
  }
  // Mended, all of it is taken.
  panel.change(changed + "rate_limits: {general_per_minute: 60}\n");
  CHECK(panel.limit_of("/api/v1/counted") == "60");
  CHECK(json::parse(panel.get("/api/v1/configured").body).at("data").at("greeting") == "changed");
  CHECK(panel.process().terminate() == 0);
}

TEST_CASE("settings that wait for the next start are all named, and do not hold back those that do not") {
  ChangingPanel panel({"counted"}, "rate_limits: {general_per_minute: 50}\n");
  panel.process().write_config(
      "plugins: {path: [/nowhere], enabled: [counted]}\nstorage: {url: 'sqlite:///elsewhere.db'}\n"
      "http: {trusted_proxies: [10.0.0.0/8]}\nrate_limits: {general_per_minute: 60, websockets_per_user: 1}\n");
  panel.process().hang_up();
  REQUIRE(panel.process().wait_for_log("configuration read again"));
  for (const auto* key : {"plugins.path", "plugins.enabled", "storage.url", "http.trusted_proxies"}) {
    CHECK_MESSAGE(panel.count(std::string("takes effect at the next start  key=") + key) == 1, key);
  }
  CHECK(panel.count("takes effect at the next start") == 4);
  CHECK(panel.limit_of("/api/v1/counted") == "60");
  CHECK(panel.process().terminate() == 0);
}

TEST_CASE("after a rename the lines go to a new file of the old name, and none is lost") {
  ChangingPanel panel({"counted"}, "");
  const auto log = panel.process().log_file();
  panel.get("/api/v1/counted");
  std::filesystem::rename(log, log + ".1");
  panel.get("/api/v1/counted");  // rotated, but not told yet: the line goes to the old file
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  panel.change("");
  const auto old_size = std::filesystem::file_size(log + ".1");
  panel.get("/api/v1/counted");
  CHECK(panel.process().wait_for_log("path=/api/v1/counted"));
  CHECK(std::filesystem::file_size(log + ".1") == old_size);
  CHECK((std::filesystem::status(log).permissions() & std::filesystem::perms(0077)) == std::filesystem::perms::none);
  std::ifstream old(log + ".1");
  const std::string text{std::istreambuf_iterator<char>(old), {}};
  CHECK(text.find("path=/api/v1/counted") != text.rfind("path=/api/v1/counted"));
  CHECK(panel.process().terminate() == 0);
}
