// Who may call what: every route that exists, once by nobody, by a user and by an admin, against the table below.
#include "integration/scenario.h"

#include <doctest/doctest.h>

using nexus::test::Answer;
using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;

namespace {

enum class For { all, users, admins };

// A new route belongs here before it ships.
const std::map<std::string, For> kRoutes = {
    {"GET /healthz", For::all},
    {"GET /readyz", For::all},
    {"GET /api/v1/openapi.json", For::all},
    {"GET /api/v1/system/info", For::users},
    {"GET /api/v1/plugins", For::admins},
    {"GET /api/v1/plugins/{id}", For::admins},

    {"POST /api/v1/auth/register", For::all},
    {"POST /api/v1/auth/login", For::all},
    {"POST /api/v1/auth/refresh", For::all},
    {"POST /api/v1/auth/logout", For::users},
    {"POST /api/v1/auth/logout-all", For::users},
    {"GET /api/v1/auth/sessions", For::users},
    {"DELETE /api/v1/auth/sessions/{id}", For::users},

    {"GET /api/v1/users", For::admins},
    {"GET /api/v1/users/me", For::users},
    {"GET /api/v1/users/{id}", For::users},

    {"GET /api/v1/servers", For::users},
    {"POST /api/v1/servers", For::users},
    {"GET /api/v1/servers/{id}", For::users},
    {"PATCH /api/v1/servers/{id}", For::users},
    {"DELETE /api/v1/servers/{id}", For::users},
    {"POST /api/v1/servers/{id}/test-connection", For::users},
    {"GET /api/v1/servers/{id}/metrics", For::users},
    {"GET /api/v1/servers/{id}/host-keys", For::users},
    {"POST /api/v1/servers/{id}/host-keys/accept", For::users},
    {"GET /api/v1/server-groups", For::users},
    {"POST /api/v1/server-groups", For::users},
    {"GET /api/v1/server-groups/{id}", For::users},
    {"PATCH /api/v1/server-groups/{id}", For::users},
    {"DELETE /api/v1/server-groups/{id}", For::users},
    {"GET /api/v1/ssh-keys", For::users},
    {"POST /api/v1/ssh-keys", For::users},
    {"GET /api/v1/ssh-keys/{id}", For::users},
    {"PATCH /api/v1/ssh-keys/{id}", For::users},
    {"DELETE /api/v1/ssh-keys/{id}", For::users},
};

struct Route {
  std::string method;
  std::string path;  // with an id that nothing has
};

Route concrete(const std::string& name) {
  const auto space = name.find(' ');
  Route route{name.substr(0, space), name.substr(space + 1)};
  if (const auto at = route.path.find("{id}"); at != std::string::npos) route.path.replace(at, 4, "424242");
  return route;
}

// Bodies are wrong on purpose: who may not call is told so before anybody looks at what was sent.
Answer call(Scenario& panel, const Route& route, const std::string& token, const nexus::test::Headers& headers = {}) {
  const auto body = route.method == "POST" || route.method == "PATCH" ? "{}" : "";
  return panel.send(route.method, route.path, body, token, headers);
}

std::string english_user(Scenario& panel) {
  const Json account = {
      {"username", "emma"}, {"email", "emma@example.com"}, {"password", Scenario::kPassword}, {"language", "en"}};
  REQUIRE(panel.post("/api/v1/auth/register", account).status == 201);
  const auto login = panel.post("/api/v1/auth/login", {{"username", "emma"}, {"password", Scenario::kPassword}});
  return login.data().at("access_token");
}

}  // namespace

TEST_CASE("every route there is stands in the table, and says in the document whether it needs a token") {
  Scenario panel;
  const auto document = panel.get("/api/v1/openapi.json").body;
  std::map<std::string, bool> found;  // whether it needs a token
  for (const auto& [path, operations] : document.at("paths").items()) {
    for (const auto& [method, operation] : operations.items()) {
      auto name = method;
      for (auto& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
      found[name + ' ' + path] = !operation.at("security").empty();
    }
  }
  for (const auto& [name, needs_token] : found) {
    const auto known = kRoutes.find(name);
    REQUIRE_MESSAGE(known != kRoutes.end(), name << " is not in the table of this test");
    CHECK_MESSAGE(needs_token == (known->second != For::all), name);
  }
  CHECK(found.size() == kRoutes.size());
}

TEST_CASE("without a token, whatever needs one answers 401 in the language of the browser") {
  Scenario panel;
  for (const auto& [name, who] : kRoutes) {
    CAPTURE(name);
    const auto route = concrete(name);
    const auto chinese = call(panel, route, "");
    if (who == For::all) {
      CHECK(chinese.status != 401);
      CHECK(chinese.status != 403);
      continue;
    }
    CHECK(chinese.status == 401);
    CHECK(difference(
              R"({"code":40003,"message":"令牌无效","details":"缺少访问令牌，或令牌无效","request_id":"<string>"})",
              chinese.body) == "");
    const auto english = call(panel, route, "", {{"Accept-Language", "en"}});
    CHECK(english.status == 401);
    CHECK(difference(R"({"code":40003,"message":"Invalid token","details":"<string>","request_id":"<string>"})",
                     english.body) == "");
  }
}

TEST_CASE("a user who is no admin is told so, in the language of the profile") {
  Scenario panel;
  const auto chinese_token = panel.user("anna");
  const auto english_token = english_user(panel);
  int for_admins = 0;
  for (const auto& [name, who] : kRoutes) {
    if (who != For::admins) continue;
    CAPTURE(name);
    ++for_admins;
    const auto chinese = call(panel, concrete(name), chinese_token, {{"Accept-Language", "en"}});
    CHECK(chinese.status == 403);
    CHECK(
        difference(R"({"code":40301,"message":"权限不足","details":"您没有执行此操作的权限","request_id":"<string>"})",
                   chinese.body) == "");
    const auto english = call(panel, concrete(name), english_token, {{"Accept-Language", "zh-CN"}});
    CHECK(english.status == 403);
    CHECK(difference(R"({"code":40301,"message":"Permission denied","details":"You are not permitted to do this",
                       "request_id":"<string>"})",
                     english.body) == "");
  }
  CHECK(for_admins == 3);
}

TEST_CASE("a user reaches all that is for users, and an admin everything") {
  Scenario panel;
  for (const auto& [name, who] : kRoutes) {
    CAPTURE(name);
    const bool ends_session = name.find("logout") != std::string::npos;
    for (const char* user : {"admin", "anna"}) {
      CAPTURE(user);
      if (who == For::admins && user != std::string("admin")) continue;
      const auto kept = user == std::string("admin") ? panel.admin() : panel.user(user);
      const auto answer = call(panel, concrete(name), ends_session ? panel.log_in(user) : kept);
      CHECK(answer.status != 401);
      CHECK(answer.status != 403);
      if (ends_session) panel.forget_tokens();
    }
  }
}
