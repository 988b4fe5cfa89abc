// The way down: what is in flight is answered, and the process leaves in time whatever hangs.
#include "core/app/plugin_folder.h"
#include "support/raw_client.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <signal.h>

#include <stdexcept>
#include <thread>

using namespace nexus::test;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

// What the program promises from the first SIGTERM to its end, and what a busy machine adds.
constexpr auto kExitPromise = 15s;
constexpr auto kAddedByMachine = 2s;
// The program's status where something had to be cut off.
constexpr int kForced = 70;

std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: panel\r\n\r\n"; }

bool answers_new_connection(std::uint16_t port) {
  try {
    RawClient client(port);
    client.send(get("/healthz"));
    return client.read_answer(false, 500ms).status != 0;
  } catch (const std::runtime_error&) {
    return false;
  }
}

// The last log line that contains `text`.
std::string last_line(const std::string& log, const std::string& text) {
  const auto at = log.rfind(text);
  if (at == std::string::npos) return {};
  const auto begin = log.rfind('\n', at) + 1;
  return log.substr(begin, log.find('\n', at) - begin);
}

}  // namespace

TEST_CASE("SIGTERM: what is in flight is answered completely, nothing new is taken, and the panel ends with 0") {
  const PluginFolder plugins({"good", "slow_route"});
  PanelProcess panel(plugins.options());
  RawClient idle(panel.port());
  idle.send(get("/api/v1/good"));
  REQUIRE(idle.read_answer().status == 200);
  RawClient waiting(panel.port());
  waiting.send(get("/api/v1/slow_route"));
  REQUIRE(panel.wait_for_log("a request begins"));

  const auto told = Clock::now();
  panel.signal(SIGTERM);
  CHECK(idle.closed_within(1000ms));
  while (answers_new_connection(panel.port()) && Clock::now() - told < 1s) std::this_thread::sleep_for(10ms);
  CHECK_FALSE(answers_new_connection(panel.port()));
  CHECK(waiting.read_answer(false, 0ms).status == 0);  // still at work, so the above was seen meanwhile

  const auto answer = waiting.read_answer();
  CHECK(answer.status == 200);
  CHECK(answer.field("Connection") == "close");
  CHECK(nlohmann::json::parse(answer.body).at("data").at("fixture") == "slow_route");
  CHECK(waiting.closed_within(1000ms));
  waiting.close();
  CHECK(panel.wait(5s) == 0);
  CHECK(Clock::now() - told < 4s);
  CHECK_FALSE(says(panel.log(), "cut off"));
  CHECK(says(panel.log(), "panel stopped"));
  CHECK(panel.sanitizer_report() == "");
}

TEST_CASE("a request that never ends is cut off, its plugin is named, and the panel leaves at its deadline") {
  const PluginFolder plugins({"good", "endless_route"});
  PanelProcess panel(plugins.options());
  RawClient waiting(panel.port());
  waiting.send(get("/api/v1/endless_route"));
  REQUIRE(panel.wait_for_log("a request begins"));
  const auto told = Clock::now();
  CHECK(panel.terminate() == kForced);
  CHECK(Clock::now() - told < kExitPromise + kAddedByMachine);
  CHECK(waiting.closed_within(0ms));
  CHECK(says(panel.log(), "requests were cut off at the deadline"));
  CHECK(says(last_line(panel.log(), "plugin failed"), "plugin=endless_route"));
  CHECK(says(last_line(panel.log(), "plugin failed"), "a callback did not return in time"));
  CHECK(panel.sanitizer_report() == "");
}

TEST_CASE("a start that does not return is named by the watchdog, which ends the process at its deadline") {
  const PluginFolder plugins({"good", "slow_to_start"});
  auto options = plugins.options();
  options.wait_listening = false;
  PanelProcess panel(options);
  REQUIRE(panel.wait_for_log("a start begins"));
  const auto told = Clock::now();
  CHECK(panel.terminate() == kForced);
  CHECK(Clock::now() - told > kExitPromise - 1s);
  CHECK(Clock::now() - told < kExitPromise + kAddedByMachine);
  const auto line = last_line(panel.log(), "panel leaves at its deadline");
  CHECK(says(line, "error"));
  CHECK(says(line, "slow_to_start (migrated)"));  // which is where it hangs: the next state would be running
  CHECK(panel.sanitizer_report() == "");
}

TEST_CASE("whoever says it twice means it: the panel leaves at once and names who kept it") {
  const PluginFolder plugins({"good", "slow_to_stop"});
  PanelProcess panel(plugins.options());
  panel.signal(SIGTERM);
  REQUIRE(panel.wait_for_log("a stop begins"));
  const auto told = Clock::now();
  panel.signal(SIGTERM);
  CHECK(panel.wait(5s) == kForced);
  CHECK(Clock::now() - told < 2s);
  CHECK(says(last_line(panel.log(), "was told twice"), "slow_to_stop (drained)"));
  CHECK(panel.sanitizer_report() == "");
}
