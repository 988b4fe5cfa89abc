// Step-up: dangerous routes stay open for a while after an authentication.
#include "panel_fixture.h"

using namespace nexus;
using nexus::test::impatient;
using nexus::test::Panel;
using nexus::testing::Principal;

namespace {

testing::Answer step_up(Panel& panel, const Principal& who, const Json& body) {
  return panel.host.post("/api/v1/auth/step-up", body, who);
}

}  // namespace

TEST_CASE("the password opens dangerous routes for a while") {
  Panel panel(R"({"step_up_seconds":120})");
  const auto tokens = panel.log_in();
  CHECK(panel.principal(tokens).elevated_until_us == panel.host.sdk().now_us() + 120 * kMicrosecondsPerSecond);
  panel.host.advance(std::chrono::seconds(120));
  const auto who = panel.principal(tokens);
  CHECK(panel.host.post("/api/v1/auth/2fa/setup", Json::object(), who).app_code == code::kStepUpNeeded);

  const auto wrong = step_up(panel, who, {{"password", "wrong"}});
  CHECK(wrong.http_status == 401);
  CHECK(wrong.app_code == code::kBadCredentials);
  CHECK(panel.host.post("/api/v1/auth/2fa/setup", Json::object(), panel.principal(tokens)).app_code ==
        code::kStepUpNeeded);

  const auto answer = step_up(panel, who, {{"password", panel.password}});
  CHECK(answer.http_status == 200);
  CHECK(answer.data.dump() == R"({"expires_in":120,"expires_at":"2024-01-01T00:04:00Z"})");
  CHECK(answer.audit.target == "users/7");
  CHECK(panel.last_payload["address"] == "192.0.2.1");
  REQUIRE_FALSE(panel.host.invalidations().empty());
  CHECK(panel.last_invalidation().kind == NX_INVALIDATE_SESSION);
  CHECK(panel.last_invalidation().id == who.session_id);
  CHECK(panel.host.post("/api/v1/auth/2fa/setup", Json::object(), panel.principal(tokens)).http_status == 200);
}

TEST_CASE("where the second factor is on, its code is needed too") {
  Panel panel("{}", impatient());
  const auto tokens = panel.log_in();
  panel.enable_second_factor(panel.principal(tokens));
  panel.host.advance(std::chrono::seconds(660));
  const auto who = panel.principal(tokens);
  const auto stale = who.authenticated_us;

  const auto missing = step_up(panel, who, {{"password", panel.password}});
  CHECK(missing.http_status == 401);
  CHECK(missing.app_code == code::kSecondFactorNeeded);
  CHECK(panel.principal(tokens).authenticated_us == stale);
  panel.asked.clear();
  CHECK(step_up(panel, who, {{"password", panel.password}, {"code", "000000"}}).app_code == code::kBadCredentials);
  CHECK(panel.asked == std::vector<std::string>{"check_password", "is_open", "failed"});
  CHECK(panel.principal(tokens).authenticated_us == stale);
  CHECK(step_up(panel, who, {{"password", "wrong"}, {"code", panel.code(panel.secret)}}).app_code ==
        code::kBadCredentials);
  CHECK(step_up(panel, who, {{"password", panel.password}, {"code", panel.code(panel.secret)}}).http_status == 200);
  CHECK(panel.principal(tokens).authenticated_us > stale);
}

TEST_CASE("an API token cannot step up") {
  Panel panel;
  CHECK(step_up(panel, Principal::token({"*"}), {{"password", panel.password}}).app_code == code::kForbidden);
}

TEST_CASE("a session that ended meanwhile is not brought back, and time does not go back") {
  Panel panel;
  const auto tokens = panel.log_in();
  const auto who = panel.principal(tokens);
  REQUIRE(panel.host.post("/api/v1/auth/logout", Json::object(), who).http_status == 200);
  step_up(panel, who, {{"password", panel.password}});
  CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
}

TEST_CASE("a step-up with a password that changes meanwhile keeps no session alive") {
  Panel panel;
  const auto tokens = panel.log_in();
  const auto who = panel.principal(tokens);
  panel.while_checking = [&] {
    panel.host.advance(std::chrono::seconds(1));
    panel.john.password_changed_us = panel.host.sdk().now_us();
    panel.host.advance(std::chrono::seconds(1));
  };
  CHECK(step_up(panel, who, {{"password", panel.password}}).http_status == 200);
  CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
}
