// What is kept of a user goes with the user, also where nobody told.
#include "panel_fixture.h"

using namespace nexus;
using nexus::test::impatient;
using nexus::test::Panel;

namespace {

struct FullPanel : Panel {
  FullPanel() : Panel("{}", impatient()) {
    const auto tokens = log_in();
    const auto who = principal(tokens);
    REQUIRE(host.post("/api/v1/users/me/tokens", {{"name", "x"}, {"scopes", {"*"}}}, who).http_status == 201);
    REQUIRE(host.post("/api/v1/auth/ws-tickets", Json::object(), who).http_status == 201);
    enable_second_factor(who);
    CHECK(left() == 5);
  }
  // How many of the tables still have something.
  int left() {
    int tables = 0;
    for (const auto* table :
         {"auth_sessions", "auth_api_tokens", "auth_factors", "auth_recovery_codes", "auth_one_time"}) {
      if (rows(table) != 0) ++tables;
    }
    return tables;
  }
};

}  // namespace

TEST_CASE("a removed user leaves nothing behind") {
  FullPanel panel;
  panel.host.publish(std::string(contracts::kUserRemovedTopic), "7", {{"id", 7}});
  CHECK(panel.left() == 0);
  CHECK(panel.last_invalidation().kind == NX_INVALIDATE_USER);
  CHECK(panel.last_invalidation().id == "7");
}

TEST_CASE("others keep theirs") {
  FullPanel panel;
  panel.host.publish(std::string(contracts::kUserRemovedTopic), "8", {{"id", 8}});
  panel.host.publish(std::string(contracts::kUserRemovedTopic), "7", {{"id", "7"}});
  panel.host.publish(std::string(contracts::kUserRemovedTopic), "7", Json::array());
  CHECK(panel.left() == 5);
}

TEST_CASE("a removal that nobody told of is found by the round") {
  FullPanel panel;
  panel.host.advance(std::chrono::minutes(10));
  CHECK(panel.left() >= 4);  // the ticket is over
  panel.trouble = Status::unavailable;
  panel.host.advance(std::chrono::minutes(10));
  CHECK(panel.left() >= 4);  // not knowing is not gone
  panel.trouble = Status::ok;
  panel.gone = true;
  panel.host.advance(std::chrono::minutes(10));
  CHECK(panel.left() == 0);
}
