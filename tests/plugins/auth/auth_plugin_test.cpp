// Registration, log-ins, tokens and sessions through the whole plugin.
#include "panel_fixture.h"

using namespace nexus;
using nexus::test::keys;
using nexus::test::Panel;
using nexus::testing::Principal;

namespace {

const Json kJohn = {
    {"username", "johndoe"}, {"email", "john@example.com"}, {"password", "SecureP@ss123"}, {"language", "zh-CN"}};
const Json kLogin = {{"username", "johndoe"}, {"password", "SecureP@ss123"}};

}  // namespace

TEST_CASE("a registration answers as documented") {
  Panel panel;
  const auto answer = panel.host.post("/api/v1/auth/register", kJohn, Principal::nobody());
  CHECK(answer.http_status == 201);
  CHECK(answer.message == "用户注册成功");
  CHECK(
      answer.data.dump() ==
      R"({"user":{"id":7,"username":"johndoe","email":"john@example.com","role":"user","language":"zh-CN","created_at":"2024-01-01T00:00:00Z"}})");
}

TEST_CASE("who names no language gets that of the request") {
  Panel panel;
  auto body = kJohn;
  body.erase("language");
  REQUIRE(panel.host.post("/api/v1/auth/register", body, Principal::nobody()).http_status == 201);
  CHECK(panel.last_payload["language"] == "zh-CN");
}

TEST_CASE("a closed registration says so and asks nobody; a change of the configuration opens it") {
  Panel panel(R"({"registration":"closed"})");
  const auto refused = panel.host.post("/api/v1/auth/register", kJohn, Principal::nobody());
  CHECK(refused.app_code == code::kForbidden);
  CHECK(refused.details == "管理员已关闭用户注册");
  CHECK(panel.asked.empty());
  REQUIRE(panel.host.change_config(R"({"registration":"open"})").ok());
  CHECK(panel.host.post("/api/v1/auth/register", kJohn, Principal::nobody()).http_status == 201);
}

TEST_CASE("a login answers as documented, and its token stands for the user") {
  Panel panel;
  const auto answer = panel.host.post("/api/v1/auth/login", kLogin, Principal::nobody());
  CHECK(answer.http_status == 200);
  CHECK(answer.message == "登录成功");
  CHECK(keys(answer.data) ==
        std::vector<std::string>{"access_token", "refresh_token", "expires_in", "token_type", "user"});
  CHECK(answer.data["expires_in"] == 3600);
  CHECK(answer.data["token_type"] == "Bearer");
  CHECK(answer.data["user"].dump() ==
        R"({"id":7,"username":"johndoe","email":"john@example.com","role":"user","language":"zh-CN"})");
  CHECK(panel.asked == std::vector<std::string>{"verify", "signed_in"});

  const auto identity = panel.authenticate(answer.data);
  CHECK(identity.app_code == 0);
  CHECK(identity.who.user_id == 7);
  CHECK(identity.who.user_name == "johndoe");
  CHECK(identity.who.role == "user");
  CHECK(identity.who.locale == "zh-CN");
  CHECK(identity.who.session_id.size() == 32);
  CHECK(identity.who.token_id.size() == 32);
  CHECK(identity.who.authenticated_us == panel.host.sdk().now_us());
  CHECK(identity.who.elevated_until_us == panel.host.sdk().now_us() + 600 * kMicrosecondsPerSecond);
  CHECK(identity.valid_until_us == panel.host.sdk().now_us() + 60 * kMicrosecondsPerSecond);
}

TEST_CASE("an identity is remembered for a minute, and not beyond the token's or the session's end") {
  const auto remembered = [](const std::string& config) {
    Panel panel(config);
    const auto tokens = panel.log_in();
    return (panel.authenticate(tokens).valid_until_us - panel.host.sdk().now_us()) / kMicrosecondsPerSecond;
  };
  CHECK(remembered("{}") == 60);
  CHECK(remembered(R"({"access_token_seconds":20})") == 20);
  CHECK(remembered(R"({"refresh_token_seconds":30})") == 30);
}

TEST_CASE("the client's address goes to the accounts, and a log-in is told to them once it is through") {
  Panel panel;
  panel.host.post("/api/v1/auth/login", kLogin, Principal::nobody());
  CHECK(panel.asked == std::vector<std::string>{"verify", "signed_in"});
  CHECK(panel.last_payload.dump() == R"({"id":7,"address":"192.0.2.1"})");
  panel.asked.clear();
  panel.host.post("/api/v1/auth/login", {{"username", "johndoe"}, {"password", "wrong"}}, Principal::nobody());
  CHECK(panel.asked == std::vector<std::string>{"verify"});
  CHECK(panel.last_payload["address"] == "192.0.2.1");
}

TEST_CASE("the trail hears who logged in, and whose name was tried in vain") {
  Panel panel;
  CHECK(panel.host.post("/api/v1/auth/login", kLogin, Principal::nobody()).audit.target == "users/7");
  const auto name = [&](const std::string& tried) {
    return panel.host.post("/api/v1/auth/login", {{"username", tried}, {"password", "wrong"}}, Principal::nobody())
        .audit.user;
  };
  CHECK(name("johndoe") == "johndoe");
  CHECK(name(std::string(300, 'x')) == std::string(64, 'x'));
  std::string chinese;
  for (int i = 0; i < 22; ++i) chinese += "\u5f20";  // three bytes each
  CHECK(name(chinese) == chinese.substr(0, 63));     // no half character
}

TEST_CASE("a log-in with a password that changes meanwhile opens nothing that lasts") {
  Panel panel;
  panel.while_checking = [&] {
    panel.host.advance(std::chrono::seconds(1));
    panel.john.password_changed_us = panel.host.sdk().now_us();
    panel.host.advance(std::chrono::seconds(1));
  };
  const auto tokens = panel.log_in();  // opened after the change, with the password from before it
  CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
  CHECK(panel.refresh(tokens).app_code == code::kTokenInvalid);
  CHECK(panel.authenticate(panel.log_in()).app_code == 0);
}

TEST_CASE("no secret reaches the log") {
  Panel panel;
  const auto tokens = panel.log_in();
  panel.host.post("/api/v1/auth/login", {{"username", "x"}, {"password", "mistyped-Secret"}}, Principal::nobody());
  for (const auto& line : panel.host.log()) {
    for (const auto& [name, value] : line.fields) {
      CHECK(value.find("ecret") == std::string::npos);
      CHECK(value.find("SecureP") == std::string::npos);
      CHECK(value.find("eyJ") == std::string::npos);
    }
  }
}

TEST_CASE("a refused login opens no session") {
  Panel panel;
  const auto refused =
      panel.host.post("/api/v1/auth/login", {{"username", "johndoe"}, {"password", "wrong"}}, Principal::nobody());
  CHECK(refused.http_status == 401);
  CHECK(refused.app_code == code::kBadCredentials);
  auto call = panel.host.call();
  CHECK(*Sql(*call).number("SELECT COUNT(*) FROM auth_sessions") == 0);
}

TEST_CASE("trouble behind a login is 503, never 401") {
  Panel panel;
  for (const auto status : {Status::busy, Status::unavailable}) {
    panel.trouble = status;
    CHECK(panel.host.post("/api/v1/auth/login", kLogin, Principal::nobody()).app_code == code::kUnavailable);
  }
  panel.trouble = Status::ok;
  const auto tokens = panel.log_in();
  panel.trouble = Status::unavailable;
  CHECK(panel.authenticate(tokens).app_code == code::kUnavailable);
  CHECK(panel.refresh(tokens).app_code == code::kUnavailable);
  panel.trouble = Status::ok;
  panel.host.fail_next("db.query", Status::unavailable);
  CHECK(panel.authenticate(tokens).app_code == code::kUnavailable);
  CHECK(panel.authenticate(tokens).app_code == 0);
}

TEST_CASE("a refresh answers as documented, with a new refresh token only where it was asked for") {
  Panel panel;
  const auto tokens = panel.log_in();
  const auto answer = panel.refresh(tokens);
  CHECK(answer.http_status == 200);
  CHECK(answer.message == "令牌刷新成功");
  CHECK(keys(answer.data) == std::vector<std::string>{"access_token", "expires_in", "token_type"});
  CHECK(panel.authenticate(answer.data).app_code == 0);

  const auto rotated = panel.host.post(
      "/api/v1/auth/refresh", {{"refresh_token", tokens["refresh_token"]}, {"rotate", true}}, Principal::nobody());
  CHECK(keys(rotated.data) == std::vector<std::string>{"access_token", "refresh_token", "expires_in", "token_type"});
  CHECK(panel.refresh(tokens).app_code == code::kTokenInvalid);
  CHECK(panel.refresh(rotated.data).app_code == code::kTokenInvalid);
  REQUIRE(panel.host.invalidations().size() == 1);
  CHECK(panel.host.invalidations()[0].kind == NX_INVALIDATE_SESSION);
}

TEST_CASE("a logout ends the session in the database and in the host's memory") {
  Panel panel;
  const auto tokens = panel.log_in(), other = panel.log_in();
  const auto who = panel.authenticate(tokens).who;
  const auto answer = panel.host.post("/api/v1/auth/logout", Json::object(), who);
  CHECK(answer.http_status == 200);
  CHECK(answer.data.is_null());
  REQUIRE(panel.host.invalidations().size() == 1);
  CHECK(panel.host.invalidations()[0].kind == NX_INVALIDATE_SESSION);
  CHECK(panel.host.invalidations()[0].id == who.session_id);
  CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
  CHECK(panel.refresh(tokens).app_code == code::kTokenInvalid);
  CHECK(panel.authenticate(other).app_code == 0);

  CHECK(panel.host.post("/api/v1/auth/logout-all", Json::object(), panel.authenticate(other).who).http_status == 200);
  CHECK(panel.authenticate(other).app_code == code::kTokenInvalid);
  CHECK(panel.last_invalidation().kind == NX_INVALIDATE_USER);
  CHECK(panel.last_invalidation().id == "7");
}

TEST_CASE("a logout that could not be written down is no logout") {
  Panel panel;
  const auto tokens = panel.log_in();
  const auto who = panel.authenticate(tokens).who;
  panel.host.fail_next("db.exec", Status::unavailable);
  CHECK(panel.host.post("/api/v1/auth/logout", Json::object(), who).app_code == code::kUnavailable);
  CHECK(panel.authenticate(tokens).app_code == 0);
}

TEST_CASE("own sessions are listed and ended, others' are not there") {
  Panel panel;
  const auto tokens = panel.log_in();
  panel.log_in();
  const auto who = panel.authenticate(tokens).who;
  const auto list = panel.host.get("/api/v1/auth/sessions", who);
  REQUIRE(list.http_status == 200);
  REQUIRE(list.data["sessions"].size() == 2);
  CHECK(keys(list.data["sessions"][0]) == std::vector<std::string>{"id", "created_at", "last_used_at", "expires_at",
                                                                   "remote_address", "user_agent", "current"});
  CHECK(list.data["sessions"][0]["remote_address"] == "192.0.2.1");
  CHECK(list.data["pagination"]["total_count"] == 2);
  const auto path = "/api/v1/auth/sessions/" + who.session_id;
  CHECK(panel.host.del(path, Principal::user(99)).app_code == code::kNotFound);
  CHECK(panel.host.del(path, who).http_status == 200);
  CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
}

TEST_CASE("a change of the account acts on the next request") {
  Panel panel;
  const auto tokens = panel.log_in();
  const auto changed = [&] { panel.host.publish(std::string(contracts::kUserChangedTopic), "7", {{"id", 7}}); };

  SUBCASE("a new role is seen, and the session goes on") {
    panel.john.role = "operator";
    changed();
    CHECK(panel.authenticate(tokens).who.role == "operator");
    REQUIRE(panel.host.invalidations().size() == 1);
    CHECK(panel.host.invalidations()[0].kind == NX_INVALIDATE_USER);
  }
  SUBCASE("a disabled user is out, for good") {
    panel.john.status = "disabled";
    CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
    changed();
    panel.john.status = "active";
    CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
    CHECK(panel.refresh(tokens).app_code == code::kTokenInvalid);
  }
  SUBCASE("a new password ends the sessions from before it") {
    panel.host.advance(std::chrono::seconds(1));
    panel.john.password_changed_us = panel.host.sdk().now_us();
    CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
    const auto after = panel.log_in();
    changed();
    CHECK(panel.authenticate(after).app_code == 0);
    panel.john.password_changed_us = 0;
    CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
  }
  SUBCASE("a deleted user is out, even where the event was lost") {
    panel.gone = true;
    CHECK(panel.authenticate(tokens).app_code == code::kTokenInvalid);
    CHECK(panel.refresh(tokens).app_code == code::kTokenInvalid);
    panel.gone = false;
    CHECK(panel.refresh(tokens).app_code == code::kTokenInvalid);
  }
}

TEST_CASE("what is no token of ours is refused without asking anybody") {
  Panel panel;
  for (const auto* token : {"", "a.b.c", "eyJhbGciOiJub25lIn0.e30."}) {
    const auto answer = panel.host.authenticate(token);
    REQUIRE(answer.ok());
    CHECK(answer->app_code == code::kTokenInvalid);
  }
  CHECK(panel.asked.empty());
}

TEST_CASE("lifetimes come from the configuration") {
  Panel panel(R"({"access_token_seconds":2,"refresh_token_seconds":5,"session_absolute_seconds":60})");
  const auto tokens = panel.log_in();
  CHECK(tokens["expires_in"] == 2);
  panel.host.advance(std::chrono::seconds(2));
  CHECK(panel.authenticate(tokens).app_code == code::kTokenExpired);
  CHECK(panel.refresh(tokens).http_status == 200);
  panel.host.advance(std::chrono::seconds(5));
  const auto late = panel.refresh(tokens);
  CHECK(late.app_code == code::kTokenExpired);
  CHECK(late.http_status == 401);
}

TEST_CASE("one timer sweeps, and it ends with the plugin") {
  Panel panel;
  CHECK(panel.host.pending_timers() == 1);
  panel.host.advance(std::chrono::minutes(30));
  CHECK(panel.host.pending_timers() == 1);
  panel.host.stop();
  CHECK(panel.host.pending_timers() == 0);
}
