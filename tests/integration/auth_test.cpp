// Register, log in, refresh, log out: the seed's examples, to the letter, in both languages.
#include "integration/scenario.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;

namespace {

const Json kJohn = {
    {"username", "johndoe"}, {"email", "john@example.com"}, {"password", "SecureP@ss123"}, {"language", "zh-CN"}};
const Json kJohnsLogin = {{"username", "johndoe"}, {"password", "SecureP@ss123"}};

}  // namespace

TEST_CASE("a user registers, logs in, refreshes and logs out as documented") {
  Scenario panel;

  const auto registered = panel.post("/api/v1/auth/register", kJohn);
  CHECK(registered.status == 201);
  CHECK(difference(R"({"code":201,"message":"用户注册成功","data":{"user":{"id":"<int>","username":"johndoe",
      "email":"john@example.com","role":"user","language":"zh-CN","created_at":"<time>"}}})",
                   registered.body) == "");

  const auto login = panel.post("/api/v1/auth/login", kJohnsLogin);
  CHECK(login.status == 200);
  CHECK(
      difference(
          R"({"code":200,"message":"登录成功","data":{"access_token":"<jwt>","refresh_token":"<jwt>","expires_in":3600,
      "token_type":"Bearer","user":{"id":"<int>","username":"johndoe","email":"john@example.com","role":"user",
      "language":"zh-CN"}}})",
          login.body) == "");

  const auto refresh_token = login.data().at("refresh_token");
  const auto refreshed = panel.post("/api/v1/auth/refresh", {{"refresh_token", refresh_token}});
  CHECK(refreshed.status == 200);
  CHECK(difference(R"({"code":200,"message":"令牌刷新成功","data":{"access_token":"<jwt>","expires_in":3600,
      "token_type":"Bearer"}})",
                   refreshed.body) == "");

  const auto token = refreshed.data().at("access_token").get<std::string>();
  CHECK(panel.get("/api/v1/users/me", token).status == 200);

  const auto out = panel.send("POST", "/api/v1/auth/logout", "", token);
  CHECK(out.status == 200);
  CHECK(difference(R"({"code":200,"message":"登出成功"})", out.body) == "");

  SUBCASE("after which neither the access token nor the refresh token is taken") {
    const auto refused = panel.get("/api/v1/users/me", token);
    CHECK(refused.status == 401);
    CHECK(refused.code() == 40003);
    CHECK(panel.get("/api/v1/users/me", login.data().at("access_token").get<std::string>()).status == 401);
    const auto stale = panel.post("/api/v1/auth/refresh", {{"refresh_token", refresh_token}});
    CHECK(stale.status == 401);
    CHECK(stale.code() == 40003);
  }
}

TEST_CASE("wrong credentials answer alike, whether the user exists or not") {
  Scenario panel;
  REQUIRE(panel.post("/api/v1/auth/register", kJohn).status == 201);

  const auto wrong = panel.post("/api/v1/auth/login", {{"username", "johndoe"}, {"password", "not the password"}});
  CHECK(wrong.status == 401);
  CHECK(difference(R"({"code":40001,"message":"凭证无效","details":"用户名或密码不正确","request_id":"<string>"})",
                   wrong.body) == "");

  auto unknown = panel.post("/api/v1/auth/login", {{"username", "nobody"}, {"password", "not the password"}});
  CHECK(unknown.status == 401);
  unknown.body["request_id"] = wrong.body["request_id"];
  CHECK(unknown.body == wrong.body);
}

TEST_CASE("messages come in the caller's language") {
  Scenario panel;
  const nexus::test::Headers english = {{"Accept-Language", "en-US,en;q=0.9"}};

  auto body = kJohn;
  body["language"] = "en";
  const auto registered = panel.post("/api/v1/auth/register", body, "", english);
  CHECK(registered.status == 201);
  CHECK(registered.body.at("message") == "User registered successfully");

  const auto login = panel.post("/api/v1/auth/login", kJohnsLogin, "", english);
  CHECK(login.body.at("message") == "Login successful");
  const auto wrong =
      panel.post("/api/v1/auth/login", {{"username", "johndoe"}, {"password", "x-wrong-x"}}, "", english);
  CHECK(wrong.body.at("message") == "Invalid credentials");

  // The profile says English, whatever the browser says.
  const auto token = login.data().at("access_token").get<std::string>();
  const auto me = panel.get("/api/v1/users/me", token, {{"Accept-Language", "zh-CN"}});
  CHECK(me.body.at("message") == "Success");
  // Nobody is logged in and nothing is said: Chinese.
  CHECK(panel.get("/api/v1/users/me").body.at("message") == "令牌无效");
}

TEST_CASE("what a registration must not be is refused with the field named") {
  Scenario panel;
  REQUIRE(panel.post("/api/v1/auth/register", kJohn).status == 201);

  SUBCASE("a name or an e-mail that is taken, whatever the case") {
    auto taken = kJohn;
    taken["username"] = "JohnDoe";
    taken["email"] = "other@example.com";
    const auto name = panel.post("/api/v1/auth/register", taken);
    CHECK(name.status == 409);
    CHECK(name.code() == 40901);
    CHECK(name.body.at("message") == "资源已存在");
    taken["username"] = "other";
    taken["email"] = "JOHN@example.com";
    CHECK(panel.post("/api/v1/auth/register", taken).status == 409);
  }
  SUBCASE("a role: nobody promotes himself") {
    auto greedy = kJohn;
    greedy["role"] = "admin";
    const auto refused = panel.post("/api/v1/auth/register", greedy);
    CHECK(refused.status == 422);
    CHECK(refused.code() == 42201);
    CHECK(refused.body.at("errors").at(0).at("field") == "role");
  }
  SUBCASE("an e-mail that is none, a password too short, a name missing: all are named at once") {
    const auto refused = panel.post("/api/v1/auth/register", {{"email", "no-address"}, {"password", "short"}});
    CHECK(refused.status == 422);
    CHECK(refused.body.at("message") == "验证错误");
    std::map<std::string, std::string> rules;
    for (const auto& error : refused.body.at("errors")) rules[error.at("field")] = error.at("rule");
    CHECK(rules.count("email") == 1);
    CHECK(rules.count("password") == 1);
    CHECK(rules.count("username") == 1);
    CHECK(rules["username"] == "required");
  }
}

TEST_CASE("a closed registration says so") {
  Scenario panel({.config = "auth: {registration: closed}"});
  const auto refused = panel.post("/api/v1/auth/register", kJohn);
  CHECK(refused.status == 403);
  CHECK(refused.code() == 40301);
}

TEST_CASE("an access token ends at its time and says that it has expired") {
  Scenario panel({.config = "auth: {access_token_seconds: 2}"});
  const auto token = panel.user("brief");
  CHECK(panel.get("/api/v1/users/me", token).status == 200);
  nexus::test::Answer answer;
  for (int tries = 0; tries < 100 && (answer = panel.get("/api/v1/users/me", token)).status == 200; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(answer.status == 401);
  CHECK(answer.code() == 40002);
  CHECK(answer.body.at("message") == "令牌过期");
}

TEST_CASE("a session that lies unused ends, and its access token with it") {
  Scenario panel({.config = "auth: {refresh_token_seconds: 3}"});
  REQUIRE(panel.post("/api/v1/auth/register", kJohn).status == 201);
  const auto login = panel.post("/api/v1/auth/login", kJohnsLogin);
  const auto access = login.data().at("access_token").get<std::string>();
  const auto refresh = login.data().at("refresh_token");
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  REQUIRE(panel.post("/api/v1/auth/refresh", {{"refresh_token", refresh}}).status == 200);  // used: three more seconds
  std::this_thread::sleep_for(std::chrono::milliseconds(2000));
  CHECK(panel.get("/api/v1/users/me", access).status == 200);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  const auto late = panel.get("/api/v1/users/me", access);
  CHECK(late.status == 401);
  CHECK(late.code() == 40002);
  CHECK(panel.post("/api/v1/auth/refresh", {{"refresh_token", refresh}}).code() == 40002);
}

TEST_CASE("a rotated refresh token works once, and its second use ends the whole session") {
  Scenario panel;
  REQUIRE(panel.post("/api/v1/auth/register", kJohn).status == 201);
  const auto login = panel.post("/api/v1/auth/login", kJohnsLogin);
  const auto first = login.data().at("refresh_token");

  const auto rotated = panel.post("/api/v1/auth/refresh", {{"refresh_token", first}, {"rotate", true}});
  REQUIRE(rotated.status == 200);
  const auto second = rotated.data().at("refresh_token");
  const auto access = rotated.data().at("access_token").get<std::string>();
  CHECK(second != first);
  CHECK(panel.get("/api/v1/users/me", access).status == 200);

  CHECK(panel.post("/api/v1/auth/refresh", {{"refresh_token", first}}).status == 401);
  CHECK(panel.post("/api/v1/auth/refresh", {{"refresh_token", second}}).status == 401);
  CHECK(panel.get("/api/v1/users/me", access).status == 401);
}

TEST_CASE("tokens outlive a restart, and a logout does too") {
  Scenario panel;
  const auto kept = panel.user("kept");
  const auto ended = panel.user("ended");
  REQUIRE(panel.send("POST", "/api/v1/auth/logout", "", ended).status == 200);
  panel.restart(true);
  CHECK(panel.get("/api/v1/users/me", kept).status == 200);
  CHECK(panel.get("/api/v1/users/me", ended).status == 401);
}

TEST_CASE("own sessions are listed and ended one by one or all at once; those of others are not there") {
  Scenario panel;
  const auto first = panel.user("anna");
  const auto second = panel.log_in("anna");
  const auto bert = panel.user("bert");

  const auto list = panel.get("/api/v1/auth/sessions", second);
  REQUIRE(list.status == 200);
  CHECK(list.data().at("pagination").at("total_count") == 2);
  std::string other;
  for (const auto& session : list.data().at("sessions")) {
    CHECK(difference(R"({"id":"<string>","created_at":"<time>","last_used_at":"<time>","expires_at":"<time>",
        "remote_address":"127.0.0.1","user_agent":"<any>","current":"<bool>"})",
                     session) == "");
    if (!session.at("current").get<bool>()) other = session.at("id");
  }
  REQUIRE(other != "");

  CHECK(panel.remove("/api/v1/auth/sessions/" + other, bert).status == 404);
  CHECK(panel.get("/api/v1/users/me", first).status == 200);
  CHECK(panel.remove("/api/v1/auth/sessions/" + other, second).status == 200);
  CHECK(panel.get("/api/v1/users/me", first).status == 401);
  CHECK(panel.get("/api/v1/users/me", second).status == 200);
  CHECK(panel.remove("/api/v1/auth/sessions/" + other, second).status == 404);

  const auto third = panel.log_in("anna");
  CHECK(panel.send("POST", "/api/v1/auth/logout-all", "", third).status == 200);
  for (const auto& token : {second, third}) CHECK(panel.get("/api/v1/users/me", token).status == 401);
  CHECK(panel.get("/api/v1/users/me", bert).status == 200);
}

TEST_CASE("an access token refreshes nothing, and a refresh token opens nothing") {
  Scenario panel;
  REQUIRE(panel.post("/api/v1/auth/register", kJohn).status == 201);
  const auto login = panel.post("/api/v1/auth/login", kJohnsLogin);
  const auto access = login.data().at("access_token").get<std::string>();
  const auto refused = panel.post("/api/v1/auth/refresh", {{"refresh_token", access}});
  CHECK(refused.status == 401);
  CHECK(refused.code() == 40003);
  CHECK(panel.get("/api/v1/users/me", login.data().at("refresh_token").get<std::string>()).status == 401);
  // Whoever only mixes them up is not thrown out.
  CHECK(panel.get("/api/v1/users/me", access).status == 200);
}

TEST_CASE("neither a password nor a token is in the log or in a file") {
  Scenario panel;
  REQUIRE(panel.post("/api/v1/auth/register", kJohn).status == 201);
  const auto login = panel.post("/api/v1/auth/login", kJohnsLogin);
  const auto access = login.data().at("access_token").get<std::string>();
  const auto refresh = login.data().at("refresh_token").get<std::string>();
  panel.post("/api/v1/auth/refresh", {{"refresh_token", refresh}});
  panel.get("/api/v1/users/me", access);
  panel.post("/api/v1/auth/login", {{"username", "johndoe"}, {"password", "Wr0ng-and-unique"}});
  for (const std::string& secret : {access, refresh, std::string("SecureP@ss123"), std::string("Wr0ng-and-unique")}) {
    // Of a token, the part that nobody else can make.
    const auto part = secret.substr(secret.rfind('.') + 1);
    CAPTURE(part);
    CHECK(panel.log().find(part) == std::string::npos);
    CHECK(WEXITSTATUS(std::system(("grep -raqF -e '" + part + "' '" + panel.data_dir() + "'").c_str())) == 1);
  }
}
