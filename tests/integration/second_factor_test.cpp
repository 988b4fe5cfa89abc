// A second factor, as a person meets it: set up with an app, asked for, lost, and turned off. And what is kept of it.
#include "integration/authenticator.h"
#include "integration/scenario.h"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

using nexus::test::Answer;
using nexus::test::authenticator_code;
using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;

namespace {

// Three codes are good at any time, each once, in their order: those of the step before, of this one, and of the next.
struct Person {
  explicit Person(Scenario& its_panel, std::string its_name = "anna")
      : panel(its_panel), name(std::move(its_name)), token(panel.user(name)) {
    const auto setup = panel.post("/api/v1/auth/2fa/setup", Json::object(), token);
    REQUIRE(setup.status == 200);
    CHECK(difference(R"({"code":200,"message":"成功","data":{"secret":"<string>","otpauth_uri":"<string>"}})",
                     setup.body) == "");
    secret = setup.data().at("secret");
    const auto enabled = panel.post("/api/v1/auth/2fa/enable", {{"code", authenticator_code(secret, -1)}}, token);
    REQUIRE(enabled.status == 200);
    recovery = enabled.data().at("recovery_codes").get<std::vector<std::string>>();
    CHECK(recovery.size() == 10);
  }
  Answer log_in(const std::string& password = Scenario::kPassword) {
    return panel.post("/api/v1/auth/login", {{"username", name}, {"password", password}});
  }
  std::string challenge() {
    const auto answer = log_in();
    REQUIRE(answer.status == 401);
    REQUIRE(answer.code() == 40004);
    return answer.body.at("challenge");
  }
  Answer verify(const std::string& to, const std::string& code) {
    return panel.post("/api/v1/auth/2fa/verify", {{"challenge", to}, {"code", code}});
  }
  std::string wrong_code() const {
    for (int i = 100'000;; ++i) {
      bool good = false;
      for (int step = -3; step <= 3; ++step) good = good || authenticator_code(secret, step) == std::to_string(i);
      if (!good) return std::to_string(i);
    }
  }

  Scenario& panel;
  std::string name;
  std::string token;
  std::string secret;
  std::vector<std::string> recovery;
};

bool is_in_a_file(const std::string& folder, const std::string& secret) {
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (bytes.find(secret) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("a log-in with the second factor takes a password and a code, and either only once") {
  Scenario panel;
  Person anna(panel);
  CHECK(difference(
            R"({"code":200,"message":"成功","data":{"enabled":true,"enabled_at":"<time>","recovery_codes_left":10}})",
            panel.get("/api/v1/auth/2fa", anna.token).body) == "");

  const auto asked = anna.log_in();
  CHECK(asked.status == 401);
  CHECK(
      difference(R"({"code":40004,"message":"需要二次验证","details":"请完成二次验证以继续登录","request_id":"<string>",
      "challenge":"<string>"})",
                 asked.body) == "");
  const std::string challenge = asked.body.at("challenge");
  CHECK(panel.get("/api/v1/users/me", challenge).status == 401);

  const auto code = authenticator_code(anna.secret);
  const auto login = anna.verify(challenge, code);
  CHECK(login.status == 200);
  CHECK(
      difference(
          R"({"code":200,"message":"登录成功","data":{"access_token":"<jwt>","refresh_token":"<jwt>","expires_in":3600,
      "token_type":"Bearer","user":{"id":"<int>","username":"anna","email":"anna@example.com","role":"user",
      "language":"zh-CN"}}})",
          login.body) == "");
  CHECK(panel.get("/api/v1/users/me", login.data().at("access_token").get<std::string>()).status == 200);
  CHECK(anna.verify(challenge, authenticator_code(anna.secret, 1)).code() == 40003);  // the challenge is spent
  CHECK(anna.verify(anna.challenge(), code).code() == 40001);                         // and so is the code
  CHECK(anna.verify(anna.challenge(), anna.recovery[0]).status == 200);
  CHECK(anna.verify(anna.challenge(), anna.recovery[0]).code() == 40001);

  // a restart forgets neither what is on nor what is spent
  const auto kept = anna.challenge();
  panel.restart(true);
  CHECK(anna.verify(kept, anna.recovery[0]).code() == 40001);
  CHECK(anna.verify(kept, anna.recovery[1]).status == 200);
}

TEST_CASE("five wrong codes end the challenge, and close the account without a word of difference") {
  Scenario panel;
  Person anna(panel);
  const auto first = anna.challenge(), second = anna.challenge();
  const auto timed = [&](const std::string& to, const std::string& code, Answer& answer) {
    const auto before = std::chrono::steady_clock::now();
    answer = anna.verify(to, code);
    answer.body["request_id"] = "";
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  };
  Answer wrong, closed;
  double wrong_seconds = 0;
  for (int i = 0; i < 5; ++i) wrong_seconds = timed(first, anna.wrong_code(), wrong);
  CHECK(wrong.status == 401);
  CHECK(wrong.code() == 40001);
  CHECK(anna.verify(first, authenticator_code(anna.secret)).code() == 40003);

  // the right code, for an account that is closed by now
  const auto closed_seconds = timed(second, authenticator_code(anna.secret), closed);
  CHECK(closed.status == 401);
  CHECK(closed.body == wrong.body);
  CHECK(wrong_seconds >= 0.25);
  CHECK(closed_seconds >= 0.25);
  CHECK(anna.log_in().code() == 40001);
  // who was in stays in
  CHECK(panel.get("/api/v1/users/me", anna.token).status == 200);
}

TEST_CASE("with the second factor on, stepping up takes the code too") {
  Scenario panel;
  Person anna(panel);
  const auto step_up = [&](const Json& body) { return panel.post("/api/v1/auth/step-up", body, anna.token); };
  CHECK(step_up({{"password", Scenario::kPassword}}).code() == 40004);
  CHECK(step_up({{"password", "wrong-P@ssword"}, {"code", authenticator_code(anna.secret)}}).code() == 40001);
  CHECK(step_up({{"password", Scenario::kPassword}, {"code", anna.wrong_code()}}).code() == 40001);
  const auto answer = step_up({{"password", Scenario::kPassword}, {"code", authenticator_code(anna.secret)}});
  CHECK(answer.status == 200);
  CHECK(difference(R"({"code":200,"message":"身份验证成功","data":{"expires_in":600,"expires_at":"<time>"}})",
                   answer.body) == "");
}

TEST_CASE("new recovery codes end the old ones, and the factor is turned off with a code") {
  Scenario panel;
  Person anna(panel);
  const auto renewed = panel.post("/api/v1/auth/2fa/recovery-codes", {{"code", anna.recovery[0]}}, anna.token);
  REQUIRE(renewed.status == 200);
  CHECK(anna.verify(anna.challenge(), anna.recovery[1]).code() == 40001);
  const std::string code = renewed.data().at("recovery_codes").at(0);
  CHECK(panel.post("/api/v1/auth/2fa/disable", {{"code", anna.wrong_code()}}, anna.token).code() == 40001);
  CHECK(panel.post("/api/v1/auth/2fa/disable", {{"code", code}}, anna.token).status == 200);
  CHECK(anna.log_in().status == 200);
  CHECK(panel.post("/api/v1/auth/2fa/disable", {{"code", "123456"}}, anna.token).code() == 40903);
}

TEST_CASE("an administrator removes a lost second factor, nobody else does") {
  Scenario panel;
  Person anna(panel);
  const auto me = panel.get("/api/v1/users/me", anna.token);
  const auto path = "/api/v1/users/" + std::to_string(me.data().at("user").at("id").get<int>()) + "/2fa";
  CHECK(panel.remove(path, panel.user("bert")).status == 403);
  CHECK(panel.remove(path, panel.admin()).status == 200);
  CHECK(panel.remove(path, panel.admin()).status == 404);
  CHECK(anna.log_in().status == 200);
}

TEST_CASE("of all that is handed out nothing is in the database, its journal or the log") {
  Scenario panel;
  Person anna(panel);
  const auto challenge = anna.challenge();
  const auto login = anna.verify(challenge, authenticator_code(anna.secret));
  REQUIRE(login.status == 200);
  const std::string access = login.data().at("access_token"), refresh = login.data().at("refresh_token");
  const std::string ticket = panel.post("/api/v1/auth/ws-tickets", Json::object(), access).data().at("ticket");
  const auto made = panel.post("/api/v1/users/me/tokens", {{"name", "backup"}, {"scopes", Json::array({"*"})}}, access);
  REQUIRE(made.status == 201);
  const std::string token = made.data().at("secret");
  CHECK(panel.get("/api/v1/users/me", token).status == 200);
  anna.verify(anna.challenge(), anna.recovery[0]);
  CHECK(panel.get("/api/v1/users/me", ticket).status == 401);
  const auto after_dot = [](const std::string& jwt) { return jwt.substr(jwt.rfind('.') + 1); };
  const auto payload = [](const std::string& jwt) {
    return jwt.substr(jwt.find('.') + 1, jwt.rfind('.') - jwt.find('.') - 1);
  };
  std::vector<std::string> secrets = {after_dot(access),
                                      after_dot(refresh),
                                      payload(refresh),
                                      challenge,
                                      ticket,
                                      token,
                                      token.substr(4),
                                      anna.secret,
                                      nexus::test::authenticator_secret(anna.secret),
                                      Scenario::kPassword};
  for (auto code : anna.recovery) {
    secrets.push_back(code);
    code.erase(5, 1);
    secrets.push_back(code);
  }
  for (const auto& secret : secrets) {
    CAPTURE(secret);
    CHECK(panel.log().find(secret) == std::string::npos);
    CHECK_FALSE(is_in_a_file(panel.data_dir(), secret));
  }
}
