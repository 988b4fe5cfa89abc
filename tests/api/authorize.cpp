// Who may use a route: permissions, scopes of an API token, sessions, and a recent authentication.
#include "edge_fixture.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <chrono>

using namespace nexus;
using namespace nexus::api;
using namespace nexus::api::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

RouteSpec guarded(const std::string& method, const std::string& pattern, const std::string& permission = "") {
  auto route = Edge::route(method, pattern);
  route.is_public = false;
  route.permission = permission;
  return route;
}

void put(Edge& edge, RouteSpec route) { REQUIRE(edge.registry.add_route(std::move(route)).ok()); }

std::int64_t from_now(std::chrono::microseconds time) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return (std::chrono::duration_cast<std::chrono::microseconds>(now) + time).count();
}

// The token is the name of its principal.
void know(Edge& edge, const std::string& token, Principal who) {
  who.user_id = 7;
  edge.host.tokens[token] = {std::make_shared<const Principal>(std::move(who)), 0};
}

Principal session(const std::string& role, std::int64_t elevated_until_us = 0) {
  Principal who;
  who.role = role;
  who.session_id = "s";
  who.elevated_until_us = elevated_until_us;
  return who;
}

Principal api_token(const std::string& role, std::vector<std::string> scopes) {
  Principal who;
  who.role = role;
  who.is_scoped = true;
  who.scopes = std::move(scopes);
  return who;
}

json say(Edge& edge, const std::string& method, const std::string& target, const std::string& token,
         const std::string& language = "en") {
  Fields fields{{"Accept-Language", language}};
  if (!token.empty()) fields.emplace_back("Authorization", "Bearer " + token);
  return json::parse(edge.ask({method, target, fields, {}}).body);
}

int code_of(Edge& edge, const std::string& method, const std::string& target, const std::string& token) {
  return say(edge, method, target, token)["code"];
}

}  // namespace

TEST_CASE("a permission that the role lacks is refused in the caller's language, and names no scope") {
  Edge edge;
  know(edge, "user", session("user"));
  know(edge, "token", api_token("user", {"servers.manage"}));
  put(edge, guarded("GET", "/manage", "servers.manage"));
  for (const auto* token : {"user", "token"}) {
    const auto english = say(edge, "GET", "/manage", token);
    CHECK(english["code"] == 40301);
    CHECK(english["message"] == "Permission denied");
    CHECK(english.value("details", "") == "You are not permitted to do this");
    CHECK_FALSE(english.contains("missing_scope"));
    CHECK(say(edge, "GET", "/manage", token, "zh").value("details", "") == "您没有执行此操作的权限");
  }
}

TEST_CASE("a scope that the token lacks is named, in words and for programs") {
  Edge edge;
  know(edge, "reader", api_token("admin", {"servers.view"}));
  know(edge, "none", api_token("admin", {}));
  know(edge, "person", session("admin"));
  put(edge, guarded("GET", "/view", "servers.view"));
  put(edge, guarded("POST", "/manage", "servers.manage"));
  CHECK(code_of(edge, "GET", "/view", "reader") == 200);
  CHECK(code_of(edge, "POST", "/manage", "person") == 200);
  CHECK(code_of(edge, "GET", "/view", "none") == 40301);
  const auto english = say(edge, "POST", "/manage", "reader");
  CHECK(english["code"] == 40301);
  CHECK(english.value("details", "") == "The API token lacks the scope servers.manage");
  CHECK(english.value("missing_scope", "") == "servers.manage");
  CHECK(english.contains("request_id"));
  const auto chinese = say(edge, "POST", "/manage", "reader", "zh-CN");
  CHECK(chinese["message"] == "权限不足");
  CHECK(chinese.value("details", "") == "API 令牌缺少权限范围 servers.manage");
  CHECK(chinese.value("missing_scope", "") == "servers.manage");
}

TEST_CASE("what names no permission is open to an API token only for reading") {
  Edge edge;
  know(edge, "token", api_token("admin", {"servers.view"}));
  know(edge, "person", session("user"));
  for (const auto* method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
    CAPTURE(method);
    put(edge, guarded(method, "/own"));
    put(edge, Edge::route(method, "/public"));
    const bool reads = std::string(method) == "GET";
    CHECK(code_of(edge, method, "/own", "token") == (reads ? 200 : 40301));
    CHECK(code_of(edge, method, "/own", "person") == 200);
    CHECK(code_of(edge, method, "/public", "token") == 200);
    CHECK(code_of(edge, method, "/public", "") == 200);
  }
  CHECK(say(edge, "POST", "/own", "token").value("details", "") ==
        "This needs somebody who is logged in; an API token is not enough");
  CHECK(say(edge, "POST", "/own", "token", "zh").value("details", "") == "此操作需要用户登录会话，API 令牌无法执行");
}

TEST_CASE("a route for sessions refuses API tokens, whatever their scopes") {
  Edge edge;
  know(edge, "token", api_token("admin", {"servers.view", "*"}));
  know(edge, "person", session("admin"));
  auto permitted = guarded("GET", "/permitted", "servers.view");
  auto open = guarded("GET", "/open");
  auto to_all = Edge::route("GET", "/public");
  for (auto* route : {&permitted, &open, &to_all}) {
    route->needs_session = true;
    put(edge, std::move(*route));
  }
  for (const auto* target : {"/permitted", "/open", "/public"}) {
    CAPTURE(target);
    CHECK(code_of(edge, "GET", target, "token") == 40301);
    CHECK(code_of(edge, "GET", target, "person") == 200);
  }
  CHECK(code_of(edge, "GET", "/public", "") == 200);
}

TEST_CASE("a dangerous route is open until the end of a recent authentication") {
  Edge edge;
  know(edge, "never", session("admin"));
  know(edge, "past", session("admin", from_now(-1s)));
  know(edge, "soon", session("admin", from_now(60s)));
  know(edge, "token", api_token("admin", {"servers.manage"}));
  know(edge, "user", session("user", from_now(60s)));
  auto route = guarded("DELETE", "/danger", "servers.manage");
  route.needs_step_up = true;
  put(edge, std::move(route));
  auto to_all = Edge::route("POST", "/public");
  to_all.needs_step_up = true;
  put(edge, std::move(to_all));
  CHECK(code_of(edge, "DELETE", "/danger", "soon") == 200);
  for (const auto* token : {"never", "past", "token"}) {
    CAPTURE(token);
    const auto english = say(edge, "DELETE", "/danger", token);
    CHECK(english["code"] == 40302);
    CHECK(english["message"] == "Authentication needed again");
    CHECK(english.value("details", "") == "This needs a recent authentication");
  }
  CHECK(say(edge, "DELETE", "/danger", "past", "zh")["message"] == "需要重新验证身份");
  CHECK(say(edge, "DELETE", "/danger", "past", "zh").value("details", "") == "此操作需要最近一次的身份验证");
  CHECK(edge.ask({"DELETE", "/danger", {{"Authorization", "Bearer past"}}, {}}).status == 403);
  // Authenticating again would not help who may not do it at all.
  CHECK(code_of(edge, "DELETE", "/danger", "user") == 40301);
  CHECK(code_of(edge, "POST", "/public", "") == 40302);
  CHECK(code_of(edge, "POST", "/public", "soon") == 200);
}

TEST_CASE("nothing of a refused request reaches its handler or is checked") {
  Edge edge;
  know(edge, "token", api_token("admin", {}));
  auto route = guarded("POST", "/manage", "servers.manage");
  bool ran = false;
  route.openapi_json = R"({"parameters":[{"name":"q","in":"query","required":true,"schema":{"type":"integer"}}],
    "responses":{"200":{}}})";
  route.handler = [&](const std::shared_ptr<Exchange>& exchange) {
    ran = true;
    exchange->respond({});
  };
  put(edge, std::move(route));
  CHECK(code_of(edge, "POST", "/manage?q=none", "token") == 40301);
  CHECK_FALSE(ran);
}
