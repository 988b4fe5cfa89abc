// Register, log in, refresh, log out: the seed's examples, to the letter, in both languages.
#include "integration/scenario.h"
#include "support/http_client.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
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

TEST_CASE("a new password ends every session but the one that asked for it") {
  Scenario panel;
  const auto mine = panel.user("anna");
  const auto other = panel.log_in("anna");
  const auto change = [&](const char* old_password, const char* new_password) {
    return panel.send("PUT", "/api/v1/users/me/password",
                      Json{{"old_password", old_password}, {"new_password", new_password}}.dump(), mine);
  };
  for (const auto& token : {mine, other}) REQUIRE(panel.get("/api/v1/users/me", token).status == 200);  // remembered
  CHECK(change("not the password", "An0ther-P@ss456").code() == 40001);
  const auto common = change(Scenario::kPassword, "password123");
  CHECK(common.status == 422);
  CHECK(common.body.at("errors").at(0).at("field") == "new_password");
  CHECK(panel.get("/api/v1/users/me", other).status == 200);

  CHECK(change(Scenario::kPassword, "An0ther-P@ss456").status == 200);
  CHECK(panel.get("/api/v1/users/me", other).code() == 40003);
  for (int i = 0; i < 20; ++i) {
    CHECK(panel.get("/api/v1/users/me", mine).status == 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));  // while the news of the change goes round
  }
  CHECK_THROWS(panel.log_in("anna"));
  CHECK(panel.post("/api/v1/auth/login", {{"username", "anna"}, {"password", "An0ther-P@ss456"}}).status == 200);
}

TEST_CASE("what an administrator does to an account acts on its next request") {
  Scenario panel;
  const auto admin = panel.admin();
  const auto token = panel.user("anna");
  const auto id = panel.get("/api/v1/users/me", token).data().at("user").at("id").get<int>();
  const auto account = "/api/v1/users/" + std::to_string(id);
  REQUIRE(panel.get("/api/v1/users", token).status == 403);

  REQUIRE(panel.patch(account, {{"role", "admin"}}, admin).status == 200);
  CHECK(panel.get("/api/v1/users", token).status == 200);
  REQUIRE(panel.patch(account, {{"role", "user"}}, admin).status == 200);
  CHECK(panel.get("/api/v1/users", token).status == 403);

  CHECK(panel.get(account + "/sessions", admin).data().at("pagination").at("total_count") == 1);
  REQUIRE(panel.remove(account + "/sessions", admin).status == 200);
  CHECK(panel.get("/api/v1/users/me", token).status == 401);

  const auto second = panel.log_in("anna");
  REQUIRE(panel.patch(account, {{"status", "disabled"}}, admin).status == 200);
  CHECK(panel.get("/api/v1/users/me", second).status == 401);
  REQUIRE(panel.patch(account, {{"status", "active"}}, admin).status == 200);
  CHECK(panel.get("/api/v1/users/me", second).status == 401);

  const auto third = panel.log_in("anna");
  REQUIRE(panel.remove(account, admin).status == 200);
  CHECK(panel.get("/api/v1/users/me", third).status == 401);
}

TEST_CASE("tokens from before a rotation of the key are good after it, and after a restart") {
  Scenario panel;
  REQUIRE(panel.post("/api/v1/auth/register", kJohn).status == 201);
  const auto before = panel.post("/api/v1/auth/login", kJohnsLogin).data();
  const auto rotated = panel.send("POST", "/api/v1/auth/keys/rotate", "", panel.admin());
  CHECK(rotated.status == 200);
  CHECK(difference(R"({"code":200,"message":"签名密钥已轮换","data":{"keys":[
      {"kid":"<string>","created_at":"<time>","retires_at":null},
      {"kid":"<string>","created_at":"<time>","retires_at":"<time>"}]}})",
                   rotated.body) == "");
  const auto after = panel.post("/api/v1/auth/login", kJohnsLogin).data();
  const auto header = [](const Json& tokens) {
    const std::string token = tokens.at("access_token");
    return token.substr(0, token.find('.'));
  };
  CHECK(header(before) != header(after));
  for (int run = 0; run < 2; ++run) {
    for (const auto& tokens : {before, after}) {
      CHECK(panel.get("/api/v1/users/me", tokens.at("access_token").get<std::string>()).status == 200);
      CHECK(panel.post("/api/v1/auth/refresh", {{"refresh_token", tokens.at("refresh_token")}}).status == 200);
    }
    panel.restart(true);
  }
  CHECK(panel.send("POST", "/api/v1/auth/keys/rotate", "", panel.user("anna")).status == 403);
}

TEST_CASE("of twenty uses of one refresh token at the same time, at most one makes a new one") {
  Scenario panel;
  REQUIRE(panel.post("/api/v1/auth/register", kJohn).status == 201);
  for (int round = 0; round < 5; ++round) {
    const auto login = panel.post("/api/v1/auth/login", kJohnsLogin).data();
    const auto body = Json{{"refresh_token", login.at("refresh_token")}, {"rotate", true}}.dump();
    std::atomic<int> waiting{20}, made{0}, refused{0};
    std::vector<std::thread> clients;
    clients.reserve(20);
    for (int i = 0; i < 20; ++i) {
      clients.emplace_back([&] {
        nexus::test::HttpClient client(panel.port());
        for (--waiting; waiting > 0;) std::this_thread::yield();
        const auto status = client.post("/api/v1/auth/refresh", body).status;
        if (status == 200) ++made;
        if (status == 401) ++refused;
      });
    }
    for (auto& client : clients) client.join();
    CHECK(made <= 1);
    CHECK(made + refused == 20);
    // the others were second uses, so the whole family is over
    CHECK(panel.get("/api/v1/users/me", login.at("access_token").get<std::string>()).status == 401);
  }
}

TEST_CASE("a panel that is killed while it rotates leaves the old refresh token or the new one, never both") {
  Scenario panel;
  REQUIRE(panel.post("/api/v1/auth/register", kJohn).status == 201);
  for (int round = 0; round < 8; ++round) {
    std::string last = panel.post("/api/v1/auth/login", kJohnsLogin).data().at("refresh_token");
    std::atomic<bool> running{true};
    std::thread rotating([&, port = panel.port()] {
      try {
        nexus::test::HttpClient client(port);
        while (running) {
          const auto answer =
              client.post("/api/v1/auth/refresh", Json{{"refresh_token", last}, {"rotate", true}}.dump());
          if (answer.status != 200) break;
          last = Json::parse(answer.body).at("data").at("refresh_token");
        }
      } catch (const std::exception&) {
        // killed in the middle: the answer to the last rotation is lost
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + 13 * round));
    ::kill(panel.pid(), SIGKILL);
    rotating.join();
    running = false;
    panel.restart(true);
    // The last token that the client has was spent (its successor is lost), or it is good: then it works exactly once.
    const auto use = [&] {
      return panel.post("/api/v1/auth/refresh", {{"refresh_token", last}, {"rotate", true}}).status;
    };
    const auto first = use();
    CHECK((first == 200 || first == 401));
    CHECK(use() == 401);
  }
}

TEST_CASE("whatever is no token of ours gets one and the same answer, as bearer and as refresh token") {
  Scenario panel;
  REQUIRE(panel.post("/api/v1/auth/register", kJohn).status == 201);
  const auto login = panel.post("/api/v1/auth/login", kJohnsLogin).data();
  const std::string good = login.at("access_token"), refresh = login.at("refresh_token");
  const auto first = good.find('.'), last = good.rfind('.');
  const auto header = good.substr(0, first), payload = good.substr(first + 1, last - first - 1),
             mac = good.substr(last + 1);
  const auto altered = [](std::string text, std::size_t at) {
    text[at] = text[at] == 'A' ? 'B' : 'A';
    return text;
  };
  const std::string none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";    // {"alg":"none","typ":"JWT"}
  const std::string rs256 = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9";  // {"alg":"RS256","typ":"JWT"}
  std::string deep;                                                  // base64url of "[[["
  for (int i = 0; i < 3000; ++i) deep += "W1tb";
  const std::vector<std::string> forged = {"x",
                                           "a.b.c",
                                           "...",
                                           header,
                                           header + "." + payload,
                                           header + "." + payload + ".",
                                           none + "." + payload + ".",
                                           none + "." + payload + "." + mac,
                                           rs256 + "." + payload + "." + mac,
                                           altered(header, 3) + "." + payload + "." + mac,
                                           header + "." + altered(payload, 5) + "." + mac,
                                           header + "." + payload + "." + altered(mac, 7),
                                           good + ".",
                                           good + "A",
                                           header + "." + deep + "." + mac,
                                           deep + "." + payload + "." + mac,
                                           std::string(12'000, 'A'),
                                           refresh.substr(0, refresh.rfind('.')) + "." + mac,
                                           "nxp_" + std::string(43, 'A'),
                                           std::string(43, 'A')};
  auto expected = panel.get("/api/v1/users/me", "x").body;
  for (const auto& token : forged) {
    CAPTURE(token.substr(0, 200));
    auto bearer = panel.get("/api/v1/users/me", token);
    CHECK(bearer.status == 401);
    bearer.body["request_id"] = expected["request_id"];
    CHECK(bearer.body == expected);
    const auto renewed = panel.post("/api/v1/auth/refresh", {{"refresh_token", token}});
    CHECK(renewed.status == 401);
    CHECK(renewed.code() == 40003);
  }
  // a refresh token is none of the other kind, and a megabyte is no token at all
  CHECK(panel.get("/api/v1/users/me", refresh).code() == 40003);
  CHECK(panel.post("/api/v1/auth/refresh", {{"refresh_token", std::string(900'000, 'A')}}).status == 422);
  CHECK(panel.get("/api/v1/users/me", good).status == 200);
}

TEST_CASE("a ticket for a WebSocket is a session's, and no bearer token") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto answer = panel.send("POST", "/api/v1/auth/ws-tickets", "", anna);
  CHECK(answer.status == 201);
  CHECK(difference(R"({"code":201,"message":"成功","data":{"ticket":"<string>","expires_in":30}})", answer.body) == "");
  CHECK(panel.get("/api/v1/users/me", answer.data().at("ticket").get<std::string>()).code() == 40003);
  CHECK(panel.send("POST", "/api/v1/auth/ws-tickets", "").status == 401);
}

TEST_CASE("stepping up takes the password, and says until when") {
  Scenario panel({.config = "auth: {step_up_seconds: 60}"});
  const auto anna = panel.user("anna");
  CHECK(panel.post("/api/v1/auth/step-up", {{"password", "not the password"}}, anna).code() == 40001);
  const auto answer = panel.post("/api/v1/auth/step-up", {{"password", Scenario::kPassword}}, anna);
  CHECK(answer.status == 200);
  CHECK(difference(R"({"code":200,"message":"身份验证成功","data":{"expires_in":60,"expires_at":"<time>"}})",
                   answer.body) == "");
}
