// What the edge gives to the audit trail, and that a change is answered only when it stands there.
#include "audit_rule.h"
#include "edge_fixture.h"

#include <doctest/doctest.h>

using namespace nexus::api;
using namespace nexus::api::test;
using nexus::code::kForbidden;

namespace {

const Fields kUser{{"Authorization", "Bearer user"}};
const Fields kAdmin{{"Authorization", "Bearer admin"}};

Response response_of(int status, std::int32_t app_code) {
  Response response;
  response.http_status = status;
  response.app_code = app_code;
  return response;
}

// An edge with a route for users, one for admins and a public one, which answer what the test says.
struct AuditedEdge : Edge {
  AuditedEdge() {
    host.add_token("user", 7, "user");
    host.add_token("admin", 1, "admin");
    add("POST", "/things", R"({"operationId":"addThing","responses":{"200":{}}})", {}, false);
    add("GET", "/things", R"({"operationId":"listThings","responses":{"200":{}}})", {}, false);
    add("GET", "/secrets", R"({"operationId":"listSecrets","responses":{"200":{}}})", "things.secrets", false);
    add("POST", "/login", R"({"operationId":"logIn","responses":{"200":{}}})", {}, true);
  }

  void add(const char* method, const char* pattern, const char* openapi, std::string permission, bool is_public) {
    auto spec = route(method, pattern, openapi);
    spec.is_public = is_public;
    spec.permission = std::move(permission);
    spec.handler = [this](const std::shared_ptr<Exchange>& exchange) { exchange->respond(answer); };
    REQUIRE(registry.add_route(std::move(spec)).ok());
  }

  std::shared_ptr<Client> begin(std::string method, std::string target, Fields fields = {}, std::string body = {}) {
    return send({std::move(method), std::move(target), std::move(fields), std::move(body), "192.0.2.1"});
  }
  AnswerMessage call(std::string method, std::string target, Fields fields = {}, std::string body = {}) {
    return begin(std::move(method), std::move(target), std::move(fields), std::move(body))->wait();
  }

  Response answer;
};

}  // namespace

TEST_CASE("a change is recorded with who, what, on what, from where and how it ended") {
  AuditedEdge edge;
  edge.answer = response_of(201, 0);
  edge.answer.audit_target = "things/9";
  edge.answer.audit_details = R"({"name":"hidden"})";
  const auto answer = edge.call("POST", "/things", kUser);
  CHECK(answer.status == 201);
  CHECK(answer.body.find("things/9") == std::string::npos);
  CHECK(answer.body.find("hidden") == std::string::npos);
  CHECK(edge.host.wait_for_audits(1) ==
        std::vector<std::string>{"test addThing POST /things 201 0 192.0.2.1 7  things/9"});
}

TEST_CASE("reading is not recorded, a refused permission is") {
  AuditedEdge edge;
  CHECK(edge.call("GET", "/things", kUser).status == 200);
  CHECK(edge.call("GET", "/secrets", kAdmin).status == 200);
  CHECK(edge.call("HEAD", "/things", kUser).status == 200);
  CHECK(edge.call("GET", "/secrets", kUser).status == 403);
  CHECK(edge.host.wait_for_audits(1) ==
        std::vector<std::string>{"test listSecrets GET /secrets 403 40301 192.0.2.1 7  "});
}

TEST_CASE("a step-up that is missing is recorded, and a route that takes something away") {
  AuditedEdge edge;
  auto spec = AuditedEdge::route("GET", "/export", R"({"responses":{"200":{}}})");
  spec.is_public = false;
  spec.is_audited = true;
  REQUIRE(edge.registry.add_route(spec).ok());
  spec.pattern = "/dangerous";
  spec.needs_step_up = true;
  REQUIRE(edge.registry.add_route(spec).ok());
  CHECK(edge.call("GET", "/export", kUser).status == 200);
  CHECK(edge.call("GET", "/dangerous", kUser).status == 403);
  CHECK(edge.call("GET", "/export").status == 401);
  CHECK(edge.host.wait_for_audits(2) ==
        std::vector<std::string>{"test get_export GET /export 200 0 192.0.2.1 7  ",
                                 "test get_dangerous GET /dangerous 403 40302 192.0.2.1 7  "});
}

TEST_CASE("on a public route the name that the client gave itself is recorded") {
  AuditedEdge edge;
  edge.answer = response_of(0, 40001);
  edge.answer.audit_user = "mallory";
  CHECK(edge.call("POST", "/login").status == 401);
  CHECK(edge.host.wait_for_audits(1) ==
        std::vector<std::string>{"test logIn POST /login 401 40001 192.0.2.1 0 mallory "});
}

TEST_CASE("what was refused before anything was done is not recorded") {
  AuditedEdge edge;
  for (const auto app_code : {40000, 40801, 41301, 41501, 42201, 42901}) {
    edge.answer = response_of(0, app_code);
    CHECK(edge.call("POST", "/things", kUser).status / 100 == 4);
    CHECK(edge.call("POST", "/login").status / 100 == 4);
  }
  edge.answer = response_of(0, 50301);
  CHECK(edge.call("POST", "/login").status == 503);           // a stranger in a flood
  CHECK(edge.call("POST", "/things").status == 401);          // nobody
  CHECK(edge.call("POST", "/nothing", kUser).status == 404);  // no route
  CHECK(edge.call("PUT", "/things", kUser).status == 405);
  CHECK(edge.call("POST", "/things", kUser, "{\"x\":1}").status == 415);
  CHECK(edge.host.wait_for_audits(0).empty());
}

TEST_CASE("what was tried and failed is recorded") {
  AuditedEdge edge;
  for (const auto app_code : {40401, 40901, 50001, 50301}) {
    edge.answer = response_of(0, app_code);
    CHECK(edge.call("POST", "/things", kUser).status >= 404);
  }
  CHECK(edge.host.wait_for_audits(4).size() == 4);
}

TEST_CASE("a handler that lets go of a change leaves a trace as well") {
  AuditedEdge edge;
  auto spec = AuditedEdge::route("POST", "/lost");
  spec.handler = [](const std::shared_ptr<Exchange>&) {};
  REQUIRE(edge.registry.add_route(std::move(spec)).ok());
  CHECK(edge.call("POST", "/lost").status == 500);
  CHECK(edge.host.wait_for_audits(1) == std::vector<std::string>{"test post_lost POST /lost 500 50001 192.0.2.1 0  "});
}

TEST_CASE("a change is answered only when its entry is written; a refusal at once") {
  AuditedEdge edge;
  edge.host.holds_audit = true;
  const auto client = edge.begin("POST", "/things", kUser);
  REQUIRE(edge.host.wait_for_audits(1).size() == 1);
  CHECK(client->answers() == 0);
  CHECK(edge.host.all_accesses().empty());
  edge.host.held_audits.at(0)();
  CHECK(client->wait().status == 200);
  CHECK(client->answers() == 1);
  CHECK(edge.host.all_accesses().size() == 1);

  edge.answer = response_of(0, 40901);
  CHECK(edge.call("POST", "/things", kUser).status == 409);
  CHECK(edge.call("GET", "/secrets", kUser).status == 403);
  CHECK(edge.call("GET", "/things", kAdmin).status == 409);
}

TEST_CASE("a change that cannot be given to the trail is answered, and the log says so") {
  AuditedEdge edge;
  edge.host.audit_throws = true;
  CHECK(edge.call("POST", "/things", kUser).status == 200);
  edge.answer = response_of(0, kForbidden);
  CHECK(edge.call("POST", "/things", kUser).status == 403);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  CHECK(edge.host.all_problems() ==
        std::vector<std::string>{"a change could not be recorded", "a refusal could not be recorded"});
}

TEST_CASE("while an answer waits for its entry, its deadline does not answer a second time") {
  AuditedEdge edge;
  auto spec = AuditedEdge::route("POST", "/brief");
  spec.timeout = std::chrono::milliseconds(30);
  REQUIRE(edge.registry.add_route(std::move(spec)).ok());
  edge.host.holds_audit = true;
  const auto client = edge.begin("POST", "/brief");
  REQUIRE(edge.host.wait_for_audits(1).size() == 1);
  std::this_thread::sleep_for(std::chrono::milliseconds(80));
  CHECK(client->answers() == 0);
  edge.host.held_audits.at(0)();
  CHECK(client->wait().status == 200);
}
