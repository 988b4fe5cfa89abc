// What was answered is on disk, and a database that goes away and comes back is survived.
#include "integration/scenario.h"
#include "support/http_client.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <random>
#include <set>
#include <thread>

using nexus::test::Answer;
using nexus::test::HttpClient;
using nexus::test::Json;
using nexus::test::Scenario;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

// Promised to every request while the database is away.
constexpr auto kAwayPromise = 3500ms;
// Promised from the database's return to work as before.
constexpr auto kReturnPromise = 5s;

Answer add_group(Scenario& panel, const std::string& name, const std::string& token) {
  return panel.post("/api/v1/server-groups", {{"name", name}}, token);
}

// Several clients that add groups until the panel is gone, and what they were told.
class Writers {
 public:
  Writers(std::uint16_t port, const std::string& token, const std::string& round) {
    for (int writer = 0; writer < kWriters; ++writer) {
      threads_.emplace_back(
          [this, port, token, prefix = round + " writer " + std::to_string(writer)] { write(port, token, prefix); });
    }
  }
  ~Writers() { join(); }

  void join() {
    for (auto& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  std::size_t acknowledged_count() {
    const std::lock_guard lock(mutex_);
    return acknowledged_.size();
  }
  // After join.
  const std::set<std::string>& acknowledged() const { return acknowledged_; }
  const std::set<std::string>& unanswered() const { return unanswered_; }

 private:
  static constexpr int kWriters = 4;

  void write(std::uint16_t port, const std::string& token, const std::string& prefix) {
    HttpClient client(port);
    client.set_bearer(token);
    for (int number = 0;; ++number) {
      const auto name = prefix + " number " + std::to_string(number);
      int status = 0;
      try {
        status = client.post("/api/v1/server-groups", Json{{"name", name}}.dump()).status;
      } catch (const std::runtime_error&) {  // the panel is gone
      }
      const std::lock_guard lock(mutex_);
      (status == 201 ? acknowledged_ : unanswered_).insert(name);
      if (status != 201) return;
    }
  }

  std::mutex mutex_;
  std::set<std::string> acknowledged_;
  std::set<std::string> unanswered_;
  std::vector<std::thread> threads_;
};

std::set<std::string> group_names(Scenario& panel, const std::string& token) {
  std::set<std::string> names;
  for (int page = 1;; ++page) {
    const auto list = panel.get("/api/v1/server-groups?per_page=100&page=" + std::to_string(page), token);
    REQUIRE(list.status == 200);
    for (const auto& group : list.data().at("groups")) names.insert(group.at("name"));
    if (!list.data().at("pagination").at("has_next").get<bool>()) return names;
  }
}

// Every request that is made while the database does not answer gets its 503 in time, also when many come at once.
void check_unavailable(Scenario& panel, const std::string& token) {
  constexpr int kClients = 24;  // more than there are workers and connections to the database
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::vector<int> statuses;
  std::vector<Json> codes;
  Clock::duration longest{};
  for (int i = 0; i < kClients; ++i) {
    threads.emplace_back([&, i] {
      HttpClient client(panel.port());
      client.set_bearer(token);
      const auto began = Clock::now();
      const auto answer = i % 2 == 0 ? client.get("/api/v1/server-groups")
                                     : client.post("/api/v1/server-groups", R"({"name":"during"})");
      const std::lock_guard lock(mutex);
      longest = std::max(longest, Clock::now() - began);
      statuses.push_back(answer.status);
      codes.push_back(Json::parse(answer.body, nullptr, false).value("code", 0));
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(statuses == std::vector<int>(kClients, 503));
  CHECK(codes == std::vector<Json>(kClients, 50301));
  CHECK(std::chrono::duration_cast<std::chrono::milliseconds>(longest).count() <= kAwayPromise.count());
}

void check_away(Scenario& panel, const std::string& token) {
  for (int round = 0; round < 3; ++round) check_unavailable(panel, token);
  const auto ready = panel.get("/readyz");
  CHECK(ready.status == 503);
  CHECK(ready.body.at("database") == "unreachable");
  CHECK(panel.get("/healthz").status == 200);
}

void check_back(Scenario& panel, const std::string& token, const std::set<std::string>& expected) {
  const auto until = Clock::now() + kReturnPromise;
  Answer answer;
  while ((answer = add_group(panel, "after", token)).status == 503 && Clock::now() < until) {
    std::this_thread::sleep_for(50ms);
  }
  CHECK(answer.status == 201);
  CHECK(panel.get("/readyz").status == 200);
  auto names = group_names(panel, token);
  // What was answered 503 has an unknown end: a server that wakes up may still do it.
  names.erase("during");
  CHECK(names == expected);
}

}  // namespace

TEST_CASE("a kill in the middle of writes loses nothing that was answered with 201") {
  Scenario panel;
  const auto admin = panel.admin();
  std::mt19937 random{std::random_device{}()};
  std::set<std::string> acknowledged, unanswered;
  for (int round = 0; round < 5; ++round) {
    Writers writers(panel.port(), admin, "round " + std::to_string(round));
    while (writers.acknowledged_count() < 5) std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 200));
    panel.restart(true);
    writers.join();
    acknowledged.insert(writers.acknowledged().begin(), writers.acknowledged().end());
    unanswered.insert(writers.unanswered().begin(), writers.unanswered().end());
    CHECK(writers.unanswered().size() >= 1);  // it was killed while they wrote
  }
  const auto kept = group_names(panel, admin);
  for (const auto& name : acknowledged) CHECK_MESSAGE(kept.contains(name), name);
  // What was never answered may be there or not; nothing else may.
  for (const auto& name : kept) CHECK_MESSAGE((acknowledged.contains(name) || unanswered.contains(name)), name);
}

TEST_CASE("a database that is killed answers 503 in time, and its return is noticed") {
  if (!nexus::test::on_mariadb()) return;
  Scenario panel;
  const auto admin = panel.admin();
  REQUIRE(add_group(panel, "before", admin).status == 201);
  panel.kill_database();
  check_away(panel, admin);
  panel.start_database();
  check_back(panel, admin, {"after", "before"});
}

TEST_CASE("a database that hangs answers 503 in time, and its return is noticed") {
  if (!nexus::test::on_mariadb()) return;
  Scenario panel;
  const auto admin = panel.admin();
  REQUIRE(add_group(panel, "before", admin).status == 201);
  panel.freeze_database();
  check_away(panel, admin);
  panel.thaw_database();
  check_back(panel, admin, {"after", "before"});
}

TEST_CASE("a panel whose database is away stops in time all the same") {
  if (!nexus::test::on_mariadb()) return;
  Scenario panel;
  const auto admin = panel.admin();
  panel.kill_database();
  CHECK(add_group(panel, "during", admin).status == 503);
  const auto told = Clock::now();
  panel.stop();
  CHECK(Clock::now() - told < 5s);
  panel.start_database();
}
