// What an administrator does about others' log-ins, and about the keys.
#include "panel_fixture.h"

using namespace nexus;
using nexus::test::impatient;
using nexus::test::Panel;
using nexus::testing::Principal;

TEST_CASE("an administrator lists and ends the sessions of a user") {
  Panel panel;
  const auto tokens = panel.log_in();
  panel.log_in();
  const auto list = panel.host.get("/api/v1/users/7/sessions?per_page=1", Principal::admin());
  CHECK(list.http_status == 200);
  CHECK(list.data["sessions"].size() == 1);
  CHECK(list.data["sessions"][0]["current"] == false);
  CHECK(list.data["pagination"]["total_count"] == 2);

  const auto ended = panel.host.del("/api/v1/users/7/sessions", Principal::admin());
  CHECK(ended.http_status == 200);
  CHECK(ended.audit.target == "users/7");
  CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
  CHECK(panel.last_invalidation().kind == NX_INVALIDATE_USER);
  CHECK(panel.last_invalidation().id == "7");
}

TEST_CASE("an administrator removes a lost second factor") {
  Panel panel("{}", impatient());
  panel.enable_second_factor(panel.principal(panel.log_in()));
  CHECK(panel.try_log_in().app_code == code::kSecondFactorNeeded);
  const auto removed = panel.host.del("/api/v1/users/7/2fa", Principal::admin());
  CHECK(removed.http_status == 200);
  CHECK(removed.audit.target == "users/7");
  CHECK(panel.try_log_in().http_status == 200);
  CHECK(panel.host.del("/api/v1/users/7/2fa", Principal::admin()).app_code == code::kNotFound);
}

TEST_CASE("who is no administrator, or not a recent one, does none of that; and nobody to somebody who is not there") {
  Panel panel;
  const auto tokens = panel.log_in();
  auto stale = Principal::admin();
  stale.elevated_until_us = 0;
  const auto call = [&](const char* method, const char* path, const Principal& who) {
    return panel.host.send({.method = method, .target = path, .body = "", .who = who}).app_code;
  };
  for (const auto* path : {"/api/v1/users/7/sessions", "/api/v1/users/7/2fa"}) {
    CHECK(call("DELETE", path, panel.principal(tokens)) == code::kForbidden);
    CHECK(call("DELETE", path, stale) == code::kStepUpNeeded);
  }
  CHECK(call("POST", "/api/v1/auth/keys/rotate", panel.principal(tokens)) == code::kForbidden);
  CHECK(call("POST", "/api/v1/auth/keys/rotate", stale) == code::kStepUpNeeded);
  CHECK(call("GET", "/api/v1/auth/keys", panel.principal(tokens)) == code::kForbidden);
  CHECK(call("GET", "/api/v1/users/7/sessions", panel.principal(tokens)) == code::kForbidden);
  CHECK(panel.authenticate(tokens).app_code == 0);
  panel.gone = true;
  CHECK(call("GET", "/api/v1/users/7/sessions", Principal::admin()) == code::kNotFound);
  CHECK(call("DELETE", "/api/v1/users/7/sessions", Principal::admin()) == code::kNotFound);
  CHECK(call("DELETE", "/api/v1/users/7/2fa", Principal::admin()) == code::kNotFound);
  CHECK(call("DELETE", "/api/v1/users/x/2fa", Principal::admin()) == code::kNotFound);
}

TEST_CASE("a rotation of the signing key logs nobody out") {
  Panel panel;
  const auto before = panel.log_in();
  const auto first = panel.host.get("/api/v1/auth/keys", Principal::admin()).data["keys"];
  REQUIRE(first.size() == 1);
  CHECK(first[0]["retires_at"].is_null());
  panel.host.advance(std::chrono::seconds(10));

  const auto answer = panel.host.post("/api/v1/auth/keys/rotate", Json::object(), Principal::admin());
  CHECK(answer.http_status == 200);
  REQUIRE(answer.data["keys"].size() == 2);
  CHECK(answer.data["keys"][0]["retires_at"].is_null());
  CHECK(answer.data["keys"][0]["kid"] != first[0]["kid"]);
  CHECK(answer.data["keys"][1]["kid"] == first[0]["kid"]);
  CHECK(answer.data["keys"][1]["retires_at"] == "2024-03-31T00:00:10Z");  // the life of a session later
  CHECK(nexus::test::keys(answer.data["keys"][0]) == std::vector<std::string>{"kid", "created_at", "retires_at"});
  CHECK(answer.audit.target == "keys/" + answer.data["keys"][0]["kid"].get<std::string>());

  const auto after = panel.log_in();
  CHECK(panel.authenticate(before).app_code == 0);
  CHECK(panel.refresh(before).http_status == 200);
  CHECK(panel.authenticate(after).app_code == 0);
  const auto header = [](const Json& tokens) {
    const std::string token = tokens["access_token"];
    return token.substr(0, token.find('.'));
  };
  CHECK(header(before) != header(after));
}
