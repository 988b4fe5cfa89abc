// Bad input of every kind gets its documented error in the envelope, and the panel lives.
#include "integration/scenario.h"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <thread>

using nexus::test::difference;
using nexus::test::Json;
using nexus::test::Scenario;

namespace {

const std::string kRegister = "/api/v1/auth/register";

void check_error(const nexus::test::Answer& answer, int status, int code) {
  CHECK(answer.status == status);
  REQUIRE(answer.body.is_object());
  CHECK(answer.code() == code);
  CHECK(answer.body.at("message").get<std::string>() != "");
  CHECK(answer.body.at("details").is_string());
  CHECK(answer.body.at("request_id") == answer.headers.at("x-request-id"));
}

}  // namespace

TEST_CASE("bad bodies") {
  Scenario panel;
  const auto send = [&](const std::string& body, const char* type = "application/json") {
    return panel.send("POST", kRegister, body, "", {{"Content-Type", type}});
  };

  check_error(send("{"), 400, 40000);
  check_error(send("not json"), 400, 40000);
  check_error(send("{\"username\":\"\xff\xfe\"}"), 400, 40000);
  check_error(send(R"({"username":"a","username":"b"})"), 400, 40000);
  check_error(send(std::string(100'000, '[')), 400, 40000);
  check_error(send("[" + std::string(65, '[') + std::string(65, ']') + "]"), 400, 40000);
  check_error(send("[]"), 422, 42201);
  check_error(send(R"({"username":7,"email":"a@example.com","password":"SecureP@ss123"})"), 422, 42201);
  check_error(send(R"({"username":"anna","email":"a@example.com","password":"SecureP@ss123","colour":"red"})"), 422,
              42201);
  check_error(send(std::string(2 * 1024 * 1024, 'x')), 413, 41301);
  check_error(send("a=b", "application/x-www-form-urlencoded"), 415, 41501);
  // A megabyte where a pattern looks at the text.
  check_error(
      send(Json{{"username", std::string(1'000'000, 'a')}, {"email", "a@example.com"}, {"password", "SecureP@ss123"}}
               .dump()),
      422, 42201);

  CHECK(panel.get("/healthz").status == 200);
}

TEST_CASE("wrong places and methods") {
  Scenario panel;
  const auto admin = panel.admin();
  check_error(panel.get("/nowhere"), 404, 40401);
  check_error(panel.get("/api/v1/users/", admin), 404, 40401);
  check_error(panel.get("/api/v1/users/abc", admin), 404, 40401);
  check_error(panel.get("/api/v1/users/%2e%2e/%2e%2e/etc/passwd", admin), 400, 40000);
  check_error(panel.get("/api/v1/users/%ff", admin), 400, 40000);
  check_error(panel.get("/api/v1/users/%zz", admin), 400, 40000);
  check_error(panel.get("/" + std::string(9000, 'a')), 414, 41401);
  check_error(panel.get("/healthz", "", {{"X-Long", std::string(20'000, 'a')}}), 431, 43101);

  const auto wrong = panel.remove("/api/v1/auth/login", admin);
  check_error(wrong, 405, 40501);
  CHECK(wrong.headers.at("allow") == "POST, OPTIONS");

  const auto options = panel.send("OPTIONS", "/api/v1/users", "");
  CHECK(options.status == 204);
  CHECK(options.headers.at("allow") == "GET, HEAD, POST, OPTIONS");

  const auto head = panel.send("HEAD", "/healthz", "");
  CHECK(head.status == 200);
  CHECK(head.text.empty());
}

TEST_CASE("tokens that are none") {
  Scenario panel;
  const auto good = panel.user("anna");
  auto changed = good;
  changed[changed.size() / 2] = changed[changed.size() / 2] == 'A' ? 'B' : 'A';
  const std::string none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIn0.";
  for (const auto& token :
       {changed, none, std::string("x"), std::string("a.b.c"), good + "x", std::string(5000, 'a')}) {
    CAPTURE(token.substr(0, 40));
    const auto refused = panel.get("/api/v1/users/me", token);
    check_error(refused, 401, 40003);
    CHECK(refused.body.at("message") == "令牌无效");
  }
  const auto login = panel.post("/api/v1/auth/login", {{"username", "anna"}, {"password", Scenario::kPassword}});
  check_error(panel.get("/api/v1/users/me", login.data().at("refresh_token").get<std::string>()), 401, 40003);
}

TEST_CASE("the general limit counts per user, the strict one per address") {
  Scenario panel({.rate_limits = "rate_limits: {general_per_minute: 20, auth_per_minute: 10}"});
  const auto anna = panel.user("anna");  // two of the ten
  const auto bert = panel.user("bert");  // four

  int passed = 0;
  nexus::test::Answer last;
  for (int i = 0; i < 30; ++i) {
    last = panel.get("/api/v1/users/me", anna);
    if (last.status == 200) ++passed;
  }
  CHECK(passed == 20);
  check_error(last, 429, 42901);
  CHECK(std::stoi(last.headers.at("retry-after")) >= 1);
  CHECK(last.headers.at("x-ratelimit-limit") == "20");
  CHECK(last.headers.at("x-ratelimit-remaining") == "0");
  CHECK(std::stoll(last.headers.at("x-ratelimit-reset")) > 1'700'000'000);
  CHECK(panel.get("/api/v1/users/me", bert).headers.at("x-ratelimit-remaining") == "19");

  // Another X-Forwarded-For does not help: nobody made that client a trusted proxy.
  int reached = 0;
  for (int i = 0; i < 20; ++i) {
    const auto answer = panel.post("/api/v1/auth/login", {{"username", "anna"}, {"password", "wrong-password"}}, "",
                                   {{"X-Forwarded-For", "10.0.0." + std::to_string(i)}});
    if (answer.status == 401) ++reached;
  }
  CHECK(reached == 6);
}

TEST_CASE("every answer carries the headers that browsers need to be safe") {
  Scenario panel;
  for (const auto& answer : {panel.get("/healthz"), panel.get("/nowhere"), panel.get("/api/v1/users")}) {
    CHECK(answer.headers.at("x-content-type-options") == "nosniff");
    CHECK(answer.headers.at("cache-control").find("no-store") != std::string::npos);
    CHECK(answer.headers.at("referrer-policy") == "no-referrer");
    CHECK(answer.headers.at("content-security-policy").find("frame-ancestors 'none'") != std::string::npos);
    CHECK(answer.headers.at("x-request-id") != "");
    CHECK(answer.headers.count("server") == 0);
  }
}

TEST_CASE("the log has every request with the id of its answer") {
  Scenario panel;
  const auto known = panel.get("/healthz").headers.at("x-request-id");
  const auto unknown = panel.get("/nowhere", "", {{"X-Request-Id", "mine"}}).headers.at("x-request-id");
  const auto refused = panel.get("/api/v1/users").body.at("request_id").get<std::string>();
  CHECK(std::set<std::string>{known, unknown, refused, "mine"}.size() == 4);
  const auto line_of = [&](const std::string& id) {
    std::string log;
    auto at = std::string::npos;
    // A request's line comes after its answer.
    for (int tries = 0; tries < 200 && at == std::string::npos; ++tries) {
      if (tries > 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      log = panel.log();
      at = log.find("request_id=" + id);
    }
    if (at == std::string::npos) return std::string();
    const auto begin = log.rfind('\n', at) + 1;
    return log.substr(begin, log.find('\n', at) - begin);
  };
  CHECK(line_of(known).find("method=GET path=/healthz status=200") != std::string::npos);
  CHECK(line_of(unknown).find("path=/nowhere status=404") != std::string::npos);
  CHECK(line_of(refused).find("path=/api/v1/users status=401") != std::string::npos);
}

TEST_CASE("the OpenAPI document has every route of the plugins that run") {
  Scenario panel;
  const auto answer = panel.get("/api/v1/openapi.json");
  REQUIRE(answer.status == 200);
  CHECK(answer.body.at("openapi").get<std::string>().substr(0, 4) == "3.1.");
  for (const char* path :
       {"/api/v1/auth/register", "/api/v1/auth/login", "/api/v1/auth/refresh", "/api/v1/auth/logout", "/api/v1/users",
        "/api/v1/users/{id}", "/api/v1/servers", "/api/v1/servers/{id}", "/api/v1/servers/{id}/test-connection",
        "/api/v1/servers/{id}/metrics", "/healthz", "/readyz"}) {
    CHECK_MESSAGE(answer.body.at("paths").contains(path), path);
  }
}
