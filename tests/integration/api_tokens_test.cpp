// API tokens against a real panel: what they open, what they do not, and when they end.
#include "integration/scenario.h"

#include <doctest/doctest.h>

using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;

namespace {

constexpr const char* kTokens = "/api/v1/users/me/tokens";

Json wish(const std::vector<std::string>& scopes) { return {{"name", "backup"}, {"scopes", scopes}}; }

std::string make(Scenario& panel, const std::string& owner, const Json& body) {
  const auto answer = panel.post(kTokens, body, owner);
  if (answer.status != 201) FAIL("no token: " << answer.text);
  return answer.data().at("secret");
}

}  // namespace

TEST_CASE("a token is made, used within its scopes, listed without its secret, and deleted") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto made = panel.post(kTokens, wish({"servers.read"}), anna);
  CHECK(made.status == 201);
  CHECK(
      difference(R"({"code":201,"message":"API 令牌已创建，仅显示这一次","data":{"token":{"id":"<int>","name":"backup",
      "prefix":"<string>","scopes":["servers.read"],"allowed_addresses":[],"created_at":"<time>","expires_at":"<time>",
      "last_used_at":null,"last_used_address":null},"secret":"<string>"}})",
                 made.body) == "");
  const std::string token = made.data().at("secret");

  CHECK(panel.get("/api/v1/servers", token).status == 200);
  CHECK(panel.get("/api/v1/users/me", token).data().at("user").at("username") == "anna");
  const auto refused = panel.post("/api/v1/servers", {{"name", "x"}, {"host", "192.0.2.1"}}, token);
  CHECK(refused.status == 403);
  CHECK(refused.code() == 40301);

  const auto list = panel.get(kTokens, anna);
  CHECK(difference(R"({"code":200,"message":"成功","data":{"tokens":[{"id":"<int>","name":"backup","prefix":"<string>",
      "scopes":["servers.read"],"allowed_addresses":[],"created_at":"<time>","expires_at":"<time>",
      "last_used_at":"<time>","last_used_address":"127.0.0.1"}],"pagination":{"current_page":1,"per_page":20,
      "total_pages":1,"total_count":1,"has_next":false,"has_prev":false}}})",
                   list.body) == "");
  CHECK(list.text.find(token) == std::string::npos);

  const auto path = std::string(kTokens) + "/" + std::to_string(made.data().at("token").at("id").get<int>());
  CHECK(panel.remove(path, panel.user("bert")).status == 404);
  CHECK(panel.get("/api/v1/servers", token).status == 200);
  CHECK(panel.remove(path, anna).status == 200);
  const auto over = panel.get("/api/v1/servers", token);
  CHECK(over.status == 401);
  CHECK(over.code() == 40003);
}

TEST_CASE("what is a person's is closed to tokens, whatever their scopes") {
  Scenario panel;
  const auto token = make(panel, panel.admin(), wish({"*", "elevated"}));
  CHECK(panel.get("/api/v1/users", token).status == 200);
  struct Route {
    std::string method;
    std::string path;
    Json body;
  };
  for (const auto& route :
       std::vector<Route>{{"POST", "/api/v1/auth/logout", Json::object()},
                          {"POST", "/api/v1/auth/logout-all", Json::object()},
                          {"GET", "/api/v1/auth/sessions", nullptr},
                          {"DELETE", "/api/v1/auth/sessions/" + std::string(32, 'a'), nullptr},
                          {"POST", "/api/v1/auth/step-up", {{"password", "Adm1n-of-the-Panel"}}},
                          {"POST", "/api/v1/auth/ws-tickets", Json::object()},
                          {"GET", "/api/v1/auth/2fa", nullptr},
                          {"POST", "/api/v1/auth/2fa/setup", Json::object()},
                          {"POST", "/api/v1/auth/2fa/enable", {{"code", "123456"}}},
                          {"POST", "/api/v1/auth/2fa/recovery-codes", {{"code", "123456"}}},
                          {"POST", "/api/v1/auth/2fa/disable", {{"code", "123456"}}},
                          {"PUT",
                           "/api/v1/users/me/password",
                           {{"old_password", "Adm1n-of-the-Panel"}, {"new_password", "An0ther-P@ss456"}}},
                          {"GET", kTokens, nullptr},
                          {"POST", kTokens, wish({"*"})},
                          {"DELETE", std::string(kTokens) + "/1", nullptr}}) {
    CAPTURE(route.method);
    CAPTURE(route.path);
    const auto answer = panel.send(route.method, route.path, route.body.is_null() ? "" : route.body.dump(), token);
    CHECK(answer.status == 403);
    CHECK(answer.code() == 40301);
  }
}

TEST_CASE("dangerous routes are open to an elevated token and to no other") {
  Scenario panel;
  const auto plain = make(panel, panel.admin(), wish({"*"}));
  const auto elevated = make(panel, panel.admin(), wish({"auth.manage", "elevated"}));
  CHECK(panel.send("POST", "/api/v1/auth/keys/rotate", "", plain).code() == 40302);
  CHECK(panel.send("POST", "/api/v1/auth/keys/rotate", "", elevated).status == 200);
  // an elevated one is still held to its scopes
  CHECK(panel.get("/api/v1/users", elevated).code() == 40301);
}

TEST_CASE("scopes that there are not, or that the caller does not hold, make no token") {
  Scenario panel;
  const auto anna = panel.user("anna");
  for (const auto* scope : {"auth.manage", "users.read", "no.such.thing"}) {
    const auto refused = panel.post(kTokens, wish({scope}), anna);
    CHECK(refused.status == 422);
    CHECK(refused.body.at("errors").at(0).at("field") == "scopes");
  }
  for (const auto& body : std::vector<Json>{{{"name", "x"}, {"scopes", Json::array()}},
                                            {{"name", ""}, {"scopes", {"*"}}},
                                            {{"name", "x"}, {"scopes", {"*"}}, {"role", "admin"}},
                                            {{"name", "x"}, {"scopes", {"*"}}, {"expires_at", "tomorrow"}},
                                            {{"name", "x"}, {"scopes", {"*"}}, {"expires_at", "2020-01-01T00:00:00Z"}},
                                            {{"name", "x"}, {"scopes", {"*"}}, {"allowed_addresses", {"localhost"}}}}) {
    CAPTURE(body.dump());
    CHECK(panel.post(kTokens, body, anna).status == 422);
  }
}

TEST_CASE("a token that is bound to addresses is good there only") {
  Scenario panel;
  auto here = wish({"servers.read"}), elsewhere = here;
  here["allowed_addresses"] = {"127.0.0.0/8", "::1"};
  elsewhere["allowed_addresses"] = {"192.0.2.0/24"};
  const auto good = make(panel, panel.user("anna"), here);
  const auto bad = make(panel, panel.user("anna"), elsewhere);
  for (int i = 0; i < 3; ++i) {
    CHECK(panel.get("/api/v1/servers", good).status == 200);
    CHECK(panel.get("/api/v1/servers", bad).code() == 40003);
  }
  CHECK(panel.log().find("API token refused") != std::string::npos);
}

TEST_CASE("a token outlives its owner's new password and a restart, and ends with the account") {
  Scenario panel;
  const auto anna = panel.user("anna");
  const auto id = panel.get("/api/v1/users/me", anna).data().at("user").at("id").get<int>();
  const auto token = make(panel, anna, wish({"servers.read"}));
  REQUIRE(panel
              .send("PUT", "/api/v1/users/me/password",
                    Json{{"old_password", Scenario::kPassword}, {"new_password", "An0ther-P@ss456"}}.dump(), anna)
              .status == 200);
  CHECK(panel.get("/api/v1/servers", token).status == 200);
  panel.restart(true);
  CHECK(panel.get("/api/v1/servers", token).status == 200);
  const auto account = "/api/v1/users/" + std::to_string(id);
  REQUIRE(panel.patch(account, {{"status", "disabled"}}, panel.admin()).status == 200);
  CHECK(panel.get("/api/v1/servers", token).status == 401);
  REQUIRE(panel.patch(account, {{"status", "active"}}, panel.admin()).status == 200);
  CHECK(panel.get("/api/v1/servers", token).status == 200);
  REQUIRE(panel.remove(account, panel.admin()).status == 200);
  CHECK(panel.get("/api/v1/servers", token).status == 401);
}

TEST_CASE("tokens and sessions of one user share the limit of requests") {
  constexpr int kLimit = 20;
  Scenario panel({.rate_limits = "rate_limits: {general_per_minute: 20, auth_per_minute: 0}"});
  const auto anna = panel.user("anna");
  const std::vector<std::string> callers = {anna, make(panel, anna, wish({"servers.read"})),
                                            make(panel, anna, wish({"servers.read"}))};
  int passed = 2;  // the two that were made
  for (int request = 0; request < 2 * kLimit; ++request) {
    const auto answer = panel.get("/api/v1/servers", callers[static_cast<std::size_t>(request) % callers.size()]);
    passed += answer.status == 200 ? 1 : 0;
    if (answer.status != 200) CHECK(answer.code() == 42901);
  }
  CHECK(passed == kLimit);
  CHECK(panel.get("/api/v1/servers", panel.user("bert")).status == 200);
}
