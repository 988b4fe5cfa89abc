// What was answered is on disk, and a database that goes away and comes back is survived.
#include "integration/scenario.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

using nexus::test::Scenario;
using namespace std::chrono_literals;

namespace {

nexus::test::Answer add_group(Scenario& panel, const std::string& name, const std::string& token) {
  return panel.post("/api/v1/server-groups", {{"name", name}}, token);
}

}  // namespace

TEST_CASE("what was answered with 201 is there after a kill") {
  Scenario panel;
  const auto admin = panel.admin();
  int acknowledged = 0;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5; ++i) {
      if (add_group(panel, "group " + std::to_string(acknowledged), admin).status == 201) ++acknowledged;
    }
    panel.restart(true);
  }
  CHECK(acknowledged == 15);
  CHECK(panel.get("/api/v1/server-groups?per_page=100", admin).data().at("pagination").at("total_count") == 15);
}

TEST_CASE("a database that goes away answers 503 in time, and its return is noticed") {
  if (!nexus::test::on_mariadb()) return;
  Scenario panel;
  const auto admin = panel.admin();
  REQUIRE(add_group(panel, "before", admin).status == 201);

  panel.kill_database();
  for (int i = 0; i < 10; ++i) {
    const auto began = std::chrono::steady_clock::now();
    const auto answer = add_group(panel, "during", admin);
    CHECK(answer.status == 503);
    CHECK(answer.code() == 50301);
    CHECK(std::chrono::steady_clock::now() - began < 4s);
  }
  CHECK(panel.get("/readyz").status == 503);
  CHECK(panel.get("/healthz").status == 200);

  panel.start_database();
  const auto until = std::chrono::steady_clock::now() + 5s;
  nexus::test::Answer answer;
  while ((answer = add_group(panel, "after", admin)).status != 201 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(50ms);
  }
  CHECK(answer.status == 201);
  CHECK(panel.get("/readyz").status == 200);
  CHECK(panel.get("/api/v1/server-groups", admin).data().at("pagination").at("total_count") == 2);
}
