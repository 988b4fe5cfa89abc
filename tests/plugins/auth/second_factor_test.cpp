// The second factor through the whole plugin: turning it on, logging in with it, and losing it.
#include "auth_resources.h"
#include "code_check.h"
#include "panel_fixture.h"
#include "second_factor_store.h"

using namespace nexus;
using nexus::test::impatient;
using nexus::test::keys;
using nexus::test::Panel;
using nexus::testing::Principal;

namespace {

struct TwoFactorPanel : Panel {
  explicit TwoFactorPanel(const std::string& config = "{}") : Panel(config, impatient()) {
    tokens = log_in();
    who = principal(tokens);
    enable_second_factor(who);
    host.advance(std::chrono::seconds(30));  // past the step that was spent
    asked.clear();
  }
  std::string challenge() {
    const auto answer = try_log_in();
    REQUIRE(answer.http_status == 401);
    REQUIRE(answer.app_code == code::kSecondFactorNeeded);
    return answer.extra["challenge"];
  }
  testing::Answer verify(const std::string& to, const std::string& code) {
    return host.post("/api/v1/auth/2fa/verify", {{"challenge", to}, {"code", code}}, Principal::nobody());
  }
  std::string wrong_code() {
    for (int i = 0;; ++i) {
      auto text = std::to_string(100'000 + i);
      if (text != code(secret) && text != code(secret, -1) && text != code(secret, 1)) return text;
    }
  }
  testing::Answer post(const std::string& what, const Json& body) {
    return host.post("/api/v1/auth/2fa" + what, body, who);
  }

  Json tokens;
  Principal who;
};

}  // namespace

TEST_CASE("a second factor is set up, and is on after its first code") {
  Panel panel("{}", impatient());
  const auto who = panel.principal(panel.log_in());
  CHECK(panel.host.get("/api/v1/auth/2fa", who).data.dump() ==
        R"({"enabled":false,"enabled_at":null,"recovery_codes_left":0})");
  CHECK(panel.host.post("/api/v1/auth/2fa/enable", {{"code", "123456"}}, who).app_code == code::kWrongState);

  const auto setup = panel.host.post("/api/v1/auth/2fa/setup", Json::object(), who);
  REQUIRE(setup.http_status == 200);
  CHECK(keys(setup.data) == std::vector<std::string>{"secret", "otpauth_uri"});
  const std::string first = setup.data["secret"];
  CHECK(first.size() == 32);
  CHECK(setup.data["otpauth_uri"].get<std::string>().starts_with("otpauth://totp/NexusPanel:johndoe?secret=" + first));
  CHECK(panel.log_in().contains("access_token"));  // it is not on yet

  // a second call gives another secret, and the first is over
  const std::string secret = panel.host.post("/api/v1/auth/2fa/setup", Json::object(), who).data["secret"];
  CHECK(secret != first);
  CHECK(panel.host.post("/api/v1/auth/2fa/enable", {{"code", panel.code(first)}}, who).app_code ==
        code::kBadCredentials);
  const auto enabled = panel.host.post("/api/v1/auth/2fa/enable", {{"code", panel.code(secret)}}, who);
  CHECK(enabled.http_status == 200);
  CHECK(enabled.data["recovery_codes"].size() == 10);
  CHECK(enabled.audit.target == "users/7");
  CHECK(panel.host.get("/api/v1/auth/2fa", who).data.dump() ==
        R"({"enabled":true,"enabled_at":"2024-01-01T00:00:00Z","recovery_codes_left":10})");
  CHECK(panel.host.post("/api/v1/auth/2fa/setup", Json::object(), who).app_code == code::kWrongState);
  CHECK(panel.host.post("/api/v1/auth/2fa/enable", {{"code", panel.code(secret, 1)}}, who).app_code ==
        code::kWrongState);
}

TEST_CASE("setting it up needs a recent authentication, and a person") {
  Panel panel;
  auto who = panel.principal(panel.log_in());
  who.elevated_until_us = 0;
  for (const auto* path : {"/setup", "/recovery-codes", "/disable"}) {
    CHECK(panel.host.post("/api/v1/auth/2fa" + std::string(path), {{"code", "123456"}}, who).app_code ==
          code::kStepUpNeeded);
  }
  auto token = Principal::token({"*", "elevated"});
  token.elevated_until_us = std::numeric_limits<std::int64_t>::max();
  for (const auto* path : {"/setup", "/enable", "/recovery-codes", "/disable"}) {
    CHECK(panel.host.post("/api/v1/auth/2fa" + std::string(path), {{"code", "123456"}}, token).app_code ==
          code::kForbidden);
  }
  CHECK(panel.host.get("/api/v1/auth/2fa", token).app_code == code::kForbidden);
}

TEST_CASE("a log-in needs the code, and is told to the accounts only then") {
  TwoFactorPanel panel;
  const auto sessions = panel.rows("auth_sessions");
  const auto refused = panel.try_log_in();
  CHECK(refused.http_status == 401);
  CHECK(refused.message == "");  // the edge's own words
  CHECK(keys(refused.extra) == std::vector<std::string>{"challenge"});
  CHECK(refused.audit.target == "users/7");
  CHECK(refused.audit.user == "johndoe");
  CHECK(panel.rows("auth_sessions") == sessions);
  CHECK(panel.asked == std::vector<std::string>{"verify"});

  const auto answer = panel.verify(refused.extra["challenge"], panel.code(panel.secret));
  CHECK(answer.http_status == 200);
  CHECK(answer.message == "登录成功");
  CHECK(keys(answer.data) ==
        std::vector<std::string>{"access_token", "refresh_token", "expires_in", "token_type", "user"});
  CHECK(answer.audit.target == "users/7");
  CHECK(panel.asked == std::vector<std::string>{"verify", "get", "is_open", "signed_in"});
  CHECK(panel.authenticate(answer.data).who.elevated_until_us ==
        panel.host.sdk().now_us() + 600 * kMicrosecondsPerSecond);
  // challenge and code are spent
  CHECK(panel.verify(refused.extra["challenge"], panel.code(panel.secret, 1)).app_code == code::kTokenInvalid);
  CHECK(panel.verify(panel.challenge(), panel.code(panel.secret)).app_code == code::kBadCredentials);
}

TEST_CASE("codes of the neighbouring steps are good, older and later ones are not") {
  for (const auto& [steps, good] :
       {std::pair{-1, false}, std::pair{0, true}, std::pair{1, true}, std::pair{2, false}}) {
    TwoFactorPanel panel;  // whose last code was that of the step before
    CHECK((panel.verify(panel.challenge(), panel.code(panel.secret, steps)).http_status == 200) == good);
  }
  TwoFactorPanel panel;
  panel.host.advance(std::chrono::seconds(60));
  CHECK(panel.verify(panel.challenge(), panel.code(panel.secret, -1)).http_status == 200);
}

TEST_CASE("a recovery code is good once, however it is typed") {
  TwoFactorPanel panel;
  auto typed = panel.recovery[3];
  for (auto& c : typed) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  CHECK(panel.verify(panel.challenge(), typed).http_status == 200);
  CHECK(panel.verify(panel.challenge(), panel.recovery[3]).app_code == code::kBadCredentials);
  CHECK(panel.post("", {}).app_code == code::kMethodNotAllowed);
  CHECK(panel.host.get("/api/v1/auth/2fa", panel.who).data["recovery_codes_left"] == 9);
}

TEST_CASE("wrong codes are counted with the accounts, and five end the challenge") {
  TwoFactorPanel panel;
  const auto challenge = panel.challenge();
  for (int i = 0; i < 5; ++i) {
    const auto answer = panel.verify(challenge, panel.wrong_code());
    CHECK(answer.http_status == 401);
    CHECK(answer.app_code == code::kBadCredentials);
    CHECK(answer.audit.user == "johndoe");
    CHECK(answer.audit.target == "users/7");
  }
  CHECK(panel.count_asked("failed") == 5);
  CHECK(panel.last_payload.dump() == R"({"id":7,"address":"192.0.2.1"})");
  const auto over = panel.verify(challenge, panel.code(panel.secret));
  CHECK(over.http_status == 401);
  CHECK(over.app_code == code::kTokenInvalid);
  CHECK(panel.count_asked("failed") == 5);
  CHECK(panel.verify(panel.challenge(), panel.code(panel.secret)).http_status == 200);
}

TEST_CASE("a closed account answers like a wrong code, at the same time, and its code is not looked at") {
  TwoFactorPanel panel;
  const auto timed = [&](const std::string& code) {
    const auto challenge = panel.challenge();
    const auto before = panel.host.sdk().now_us();
    auto answer = panel.verify(challenge, code);
    return std::pair(std::move(answer), panel.host.sdk().now_us() - before);
  };
  const auto [wrong, wrong_us] = timed(panel.wrong_code());
  panel.open = false;
  const auto [closed, closed_us] = timed(panel.code(panel.secret));
  const auto [closed_recovery, recovery_us] = timed(panel.recovery[0]);
  panel.open = true;
  panel.john.status = "disabled";
  panel.john.status = "active";
  const auto challenge = panel.challenge();
  panel.john.status = "disabled";
  const auto disabled = panel.verify(challenge, panel.code(panel.secret));
  panel.john.status = "active";
  for (const auto* answer : {&closed, &closed_recovery, &disabled}) {
    CHECK(answer->app_code == wrong.app_code);
    CHECK(answer->http_status == wrong.http_status);
    CHECK(answer->message == wrong.message);
    CHECK(answer->details == wrong.details);
    CHECK(answer->extra == wrong.extra);
    CHECK(answer->headers == wrong.headers);
  }
  CHECK(wrong_us == auth::kRefusalUs);
  CHECK(closed_us == auth::kRefusalUs);
  CHECK(recovery_us == auth::kRefusalUs);
  CHECK(panel.count_asked("failed") == 1);
  // neither the code nor the recovery code was spent
  CHECK(panel.verify(panel.challenge(), panel.code(panel.secret)).http_status == 200);
  CHECK(panel.verify(panel.challenge(), panel.recovery[0]).http_status == 200);
}

TEST_CASE("a challenge from before a new password is over") {
  TwoFactorPanel panel;
  const auto challenge = panel.challenge();
  panel.john.password_changed_us = panel.host.sdk().now_us() + 1;
  CHECK(panel.verify(challenge, panel.code(panel.secret)).app_code == code::kTokenInvalid);
}

TEST_CASE("trouble behind a code is 503, never 401, and opens nothing") {
  TwoFactorPanel panel;
  const auto challenge = panel.challenge();
  panel.trouble = Status::unavailable;
  CHECK(panel.verify(challenge, panel.code(panel.secret)).app_code == code::kUnavailable);
  panel.trouble = Status::ok;
  panel.host.fail_next("db.query", Status::unavailable);
  CHECK(panel.verify(challenge, panel.code(panel.secret)).app_code == code::kUnavailable);
  panel.host.fail_next("secrets.open", Status::internal);
  CHECK(panel.verify(challenge, panel.code(panel.secret)).app_code == code::kInternal);
  CHECK(panel.verify(challenge, panel.code(panel.secret)).http_status == 200);
}

TEST_CASE("new recovery codes end the old ones, and need a code") {
  TwoFactorPanel panel;
  CHECK(panel.post("/recovery-codes", {{"code", panel.wrong_code()}}).app_code == code::kBadCredentials);
  CHECK(panel.count_asked("failed") == 1);
  const auto renewed = panel.post("/recovery-codes", {{"code", panel.code(panel.secret)}});
  REQUIRE(renewed.http_status == 200);
  CHECK(panel.verify(panel.challenge(), panel.recovery[0]).app_code == code::kBadCredentials);
  CHECK(panel.verify(panel.challenge(), renewed.data["recovery_codes"][0]).http_status == 200);
}

TEST_CASE("it is turned off with a code, and then a password is enough") {
  TwoFactorPanel panel;
  CHECK(panel.post("/disable", {{"code", panel.wrong_code()}}).app_code == code::kBadCredentials);
  const auto challenge = panel.challenge();
  CHECK(panel.post("/disable", {{"code", panel.recovery[9]}}).http_status == 200);
  CHECK(panel.log_in().contains("access_token"));
  CHECK(panel.rows("auth_factors") == 0);
  CHECK(panel.rows("auth_recovery_codes") == 0);
  CHECK(panel.post("/disable", {{"code", panel.code(panel.secret)}}).app_code == code::kWrongState);
  CHECK(panel.verify(challenge, panel.code(panel.secret)).app_code == code::kBadCredentials);
}

TEST_CASE("neither the secret nor a code is in the database or in the log") {
  TwoFactorPanel panel;
  const auto challenge = panel.challenge();
  REQUIRE(panel.verify(challenge, panel.recovery[0]).http_status == 200);
  auto call = panel.host.call();
  const auto sealed = Sql(*call).first([](const Row& row) { return row.string(0); }, "SELECT sealed FROM auth_factors");
  CHECK((*sealed)->find(auth::base32_decode(panel.secret).value()) == std::string::npos);
  for (const auto& line : panel.host.log()) {
    for (const auto& [name, value] : line.fields) {
      for (const auto& secret : {panel.secret, challenge, panel.recovery[0]}) {
        CHECK(value.find(secret) == std::string::npos);
      }
    }
  }
}

TEST_CASE("a sealed secret that was put into another's row opens for nobody") {
  TwoFactorPanel panel;
  const auto challenge = panel.challenge();
  REQUIRE(panel.host.sql("UPDATE auth_factors SET user_id = 8").ok());
  REQUIRE(panel.host.sql("UPDATE auth_one_time SET user_id = 8").ok());
  panel.john.id = 8;
  CHECK(panel.verify(challenge, panel.code(panel.secret)).http_status == 500);
}

TEST_CASE("of two uses of a step or of a recovery code at the same moment one wins") {
  testing::FakeHost host{testing::Options{}, "auth"};
  REQUIRE(host.use(auth_resources()).ok());
  auto call = host.call();
  const auth::SecondFactorStore store(*call);
  const auth::Factor factor{7, "sealed", 1, 2, 0};
  REQUIRE(store.set_up(factor).ok());
  CHECK_FALSE(*store.take_step(7, 10));  // not enabled yet
  REQUIRE(*store.enable(factor, 10, {"a", "b"}));
  CHECK_FALSE(*store.enable(factor, 11, {"c"}));
  CHECK_FALSE(*store.take_step(7, 10));
  CHECK(*store.take_step(7, 11));
  CHECK_FALSE(*store.take_step(7, 11));
  CHECK_FALSE(*store.take_step(7, 9));
  CHECK_FALSE(*store.take_step(8, 12));
  CHECK(*store.take_code(7, "a"));
  CHECK_FALSE(*store.take_code(7, "a"));
  CHECK_FALSE(*store.take_code(8, "b"));
  CHECK(*store.count_codes(7) == 1);
  CHECK(store.set_up(factor).error().status() == Status::conflict);
  CHECK(*store.count_codes(7) == 1);
}
