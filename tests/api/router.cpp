#include "edge_fixture.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace nexus;
using namespace nexus::api;
using namespace nexus::api::test;

namespace {

constexpr const char* kWithId =
    R"({"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{}}})";

// Answers its own name and its parameter.
RouteSpec named(const std::string& method, const std::string& pattern,
                const char* openapi = R"({"responses":{"200":{}}})") {
  auto spec = Edge::route(method, pattern, openapi);
  spec.handler = [name = method + " " + pattern](const std::shared_ptr<Exchange>& exchange) {
    Response response;
    response.content_type = "text/plain";
    response.body = name + "|" + std::string(exchange->path_param("id").value_or("-"));
    exchange->respond(std::move(response));
  };
  return spec;
}

}  // namespace

TEST_CASE("a request finds its route") {
  Edge edge;
  REQUIRE(edge.registry.add_route(named("GET", "/s")).ok());
  REQUIRE(edge.registry.add_route(named("POST", "/s")).ok());
  REQUIRE(edge.registry.add_route(named("GET", "/s/:id", kWithId)).ok());
  REQUIRE(edge.registry.add_route(named("DELETE", "/s/:id", kWithId)).ok());
  REQUIRE(edge.registry.add_route(named("POST", "/s/test")).ok());
  REQUIRE(edge.registry.add_route(named("GET", "/s/:id/metrics", kWithId)).ok());
  REQUIRE(edge.registry.add_route(named("GET", "/s/own/keys")).ok());
  struct Row {
    const char* method;
    const char* target;
    int status;
    const char* answer;  // body, or Allow
  };
  for (const auto& row : std::vector<Row>{
           {"GET", "/s", 200, "GET /s|-"},
           {"POST", "/s", 200, "POST /s|-"},
           {"GET", "/s/7", 200, "GET /s/:id|7"},
           {"GET", "/%73/%37", 200, "GET /s/:id|7"},
           {"GET", "/s/%E4%B8%AD", 200, "GET /s/:id|中"},
           {"POST", "/s/test", 200, "POST /s/test|-"},
           {"GET", "/s/test", 200, "GET /s/:id|test"},
           {"GET", "/s/own/metrics", 200, "GET /s/:id/metrics|own"},
           {"GET", "/s/own/keys", 200, "GET /s/own/keys|-"},
           {"HEAD", "/s", 200, "GET /s|-"},
           {"GET", "/S", 404, ""},
           {"GET", "/s/", 404, ""},
           {"GET", "/s//metrics", 404, ""},
           {"GET", "/s/7/", 404, ""},
           {"GET", "/", 404, ""},
           {"PUT", "/x", 404, ""},
           {"PUT", "/s", 405, "GET, HEAD, POST, OPTIONS"},
           {"BREW", "/s/7", 405, "GET, HEAD, DELETE, OPTIONS"},
           {"TRACE", "/s/7", 405, "GET, HEAD, DELETE, OPTIONS"},
           {"PUT", "/s/test", 405, "GET, HEAD, POST, DELETE, OPTIONS"},
           {"OPTIONS", "/s/7/metrics", 204, "GET, HEAD, OPTIONS"},
           {"OPTIONS", "/x", 404, ""},
           {"GET", "/s/a%2Fb", 400, ""},
           {"GET", "/s/..", 400, ""},
       }) {
    CAPTURE(row.method);
    CAPTURE(row.target);
    const auto answer = edge.ask({row.method, row.target, {}, {}});
    CHECK(answer.status == row.status);
    if (row.status == 200) CHECK(answer.body == row.answer);
    if (row.status != 200) CHECK(header_of(answer, "Allow") == row.answer);
    if (row.status == 204) CHECK(answer.body.empty());
  }
}

TEST_CASE("a route that cannot be is refused with its reason") {
  Edge edge;
  REQUIRE(edge.registry.add_route(named("GET", "/s/:id", kWithId)).ok());
  struct Row {
    const char* method;
    const char* pattern;
    const char* openapi;
    const char* reason;
  };
  const char* plain = R"({"responses":{"200":{}}})";
  for (
      const auto& row : std::vector<Row>{
          {"GET", "/s/:id", kWithId, "belongs to test"},
          {"PUT", "/s/:name",
           R"({"parameters":[{"name":"name","in":"path","required":true,"schema":{}}],"responses":{"200":{}}})",
           "is called"},
          {"GET", "s", plain, "start with a slash"},
          {"GET", "/a//b", plain, "segment is empty"},
          {"GET", "/a/:", plain, "parameter name"},
          {"GET", "/a/%41", plain, "reserved character"},
          {"GET", "/:id/:id", kWithId, "repeated"},
          {"HEAD", "/a", plain, "is not GET"},
          {"GET", "/a/:id", plain, "is not described"},
          {"GET", "/a", kWithId, "the pattern has not"},
          {"GET", "/a", "{", "not JSON"},
          {"GET", "/a", "[]", "not a JSON object"},
          {"GET", "/a", "{}", "no responses"},
          {"GET", "/a",
           R"({"parameters":[{"name":"q","in":"query","schema":{"type":"array"}}],"responses":{"200":{}}})",
           "no scalar"},
          {"GET", "/a",
           R"({"parameters":[{"name":"q","in":"query","schema":{"type":"string","pattern":"a"}}],"responses":{"200":{}}})",
           "maxLength"},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"pattern":"a","maxLength":4097}}}},"responses":{"200":{}}})",
           "maxLength"},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"pattern":"(","maxLength":9}}}},"responses":{"200":{}}})",
           "no regular expression"},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/No"}}}},"responses":{"200":{}}})",
           "unknown reference"},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"prefixItems":[]}}}},"responses":{"200":{}}})",
           "not supported"},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"format":"colour"}}}},"responses":{"200":{}}})",
           "unknown format"},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"type":1}}}},"responses":{"200":{}}})",
           "schema: "},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"type":"text"}}}},"responses":{"200":{}}})",
           "schema: "},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"required":5}}}},"responses":{"200":{}}})",
           "schema: "},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"minimum":"x"}}}},"responses":{"200":{}}})",
           "schema: "},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"enum":5}}}},"responses":{"200":{}}})",
           "schema: "},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"maxLength":-1}}}},"responses":{"200":{}}})",
           "schema: "},
          {"POST", "/a",
           R"({"requestBody":{"content":{"application/json":{"schema":{"uniqueItems":true}}}},"responses":{"200":{}}})",
           "maxItems"},
      }) {
    CAPTURE(row.reason);
    const auto added = edge.registry.add_route(named(row.method, row.pattern, row.openapi));
    REQUIRE_FALSE(added.ok());
    CHECK_MESSAGE(added.error().reason().find(row.reason) != std::string::npos, added.error().reason());
  }
}

TEST_CASE("an owner's routes and schemas go together, and come again") {
  Edge edge;
  auto other = named("GET", "/other");
  other.owner = "other";
  REQUIRE(edge.registry.add_route(std::move(other)).ok());
  REQUIRE(edge.registry.add_schemas("test", R"({"Thing":{"type":"object"}})").ok());
  CHECK_FALSE(edge.registry.add_schemas("other", R"({"Thing":{"type":"object"}})").ok());
  CHECK_FALSE(edge.registry.add_schemas("other", R"({"Error":{"type":"object"}})").ok());
  for (int round = 0; round < 2; ++round) {
    REQUIRE(edge.registry.add_route(named("GET", "/s")).ok());
    CHECK(edge.ask({"GET", "/s", {}, {}}).status == 200);
    edge.registry.remove_owner("test");
    CHECK(edge.ask({"GET", "/s", {}, {}}).status == 404);
    CHECK(edge.ask({"GET", "/other", {}, {}}).status == 200);
    REQUIRE(edge.registry.add_schemas("other", R"({"Thing":{"type":"object"}})").ok());
    edge.registry.remove_owner("other");
    REQUIRE(edge.registry
                .add_route([] {
                  auto again = named("GET", "/other");
                  again.owner = "other";
                  return again;
                }())
                .ok());
  }
}

TEST_CASE("a suspended owner's routes answer 503 at their places, until they are added again") {
  Edge edge;
  auto stranger = named("GET", "/s/:id/own", kWithId);
  stranger.owner = "stranger";
  REQUIRE(edge.registry.add_route(std::move(stranger)).ok());
  REQUIRE(edge.registry.add_schemas("test", R"({"Thing":{"type":"object"}})").ok());
  for (const auto* method : {"GET", "DELETE"}) {
    REQUIRE(edge.registry.add_route(named(method, "/s/:id", kWithId)).ok());
  }
  auto closed = named("GET", "/closed");
  closed.is_public = false;
  REQUIRE(edge.registry.add_route(std::move(closed)).ok());
  const std::vector<RoutePlace> places{{"GET", "/s/:id"},         {"DELETE", "/s/:id"},       {"GET", "/closed"},
                                       {"GET", "/s/:number/own"}, {"POST", "/s/:number/own"}, {"GET", "no pattern"}};
  edge.registry.suspend_owner("test", places);
  struct Row {
    const char* method;
    const char* target;
    int status;
    const char* allow;
  };
  for (const auto& row : std::vector<Row>{
           {"GET", "/s/7", 503, ""},
           {"HEAD", "/s/7?unknown=1", 503, ""},
           {"DELETE", "/s/7", 503, ""},
           {"PUT", "/s/7", 405, "GET, HEAD, DELETE, OPTIONS"},
           {"OPTIONS", "/s/7", 204, "GET, HEAD, DELETE, OPTIONS"},
           {"GET", "/closed", 503, ""},
           {"GET", "/s", 404, ""},
           // Somebody else's route is not in the way, and stays.
           {"GET", "/s/7/own", 200, ""},
           {"POST", "/s/7/own", 503, ""},
       }) {
    CAPTURE(row.method);
    CAPTURE(row.target);
    const auto answer = edge.ask({row.method, row.target, {}, {}});
    CHECK(answer.status == row.status);
    CHECK(header_of(answer, "Allow") == row.allow);
    CHECK(header_of(answer, "Retry-After") == (row.status == 503 ? "5" : ""));
    if (row.status == 503) CHECK(nlohmann::json::parse(answer.body)["code"] == 50301);
  }
  const auto document = nlohmann::json::parse(*edge.registry.openapi());
  CHECK(document["paths"].size() == 1);
  CHECK_FALSE(document["components"]["schemas"].contains("Thing"));

  // Another may take the place, under another name of its parameter; what is left waits on.
  auto successor = named("GET", "/s/:id", kWithId);
  successor.owner = "successor";
  REQUIRE(edge.registry.add_route(std::move(successor)).ok());
  CHECK(edge.ask({"GET", "/s/7", {}, {}}).status == 200);
  CHECK(edge.ask({"DELETE", "/s/7", {}, {}}).status == 503);
  edge.registry.remove_owner("successor");
  CHECK(edge.ask({"GET", "/s/7", {}, {}}).status == 405);
  REQUIRE(edge.registry.add_route(named("DELETE", "/s/:id", kWithId)).ok());
  CHECK(edge.ask({"DELETE", "/s/7", {}, {}}).status == 200);
  // What stood in the way of a suspended route leaves nothing behind it.
  edge.registry.remove_owner("stranger");
  CHECK(edge.ask({"GET", "/s/7/own", {}, {}}).status == 405);
  edge.registry.remove_owner("test");
  CHECK(edge.ask({"DELETE", "/s/7", {}, {}}).status == 404);
  CHECK(edge.ask({"GET", "/closed", {}, {}}).status == 404);
}

TEST_CASE("a place that two suspended owners had is unavailable until both are removed") {
  Edge edge;
  edge.registry.suspend_owner("first", {{"GET", "/s"}, {"GET", "/s"}});
  edge.registry.suspend_owner("second", {{"GET", "/s"}});
  CHECK(edge.ask({"GET", "/s", {}, {}}).status == 503);
  edge.registry.remove_owner("first");
  CHECK(edge.ask({"GET", "/s", {}, {}}).status == 503);
  edge.registry.remove_owner("second");
  CHECK(edge.ask({"GET", "/s", {}, {}}).status == 404);
}

TEST_CASE("a suspended route does not decide what its neighbours call their parameters") {
  Edge edge;
  edge.registry.suspend_owner("test", {{"GET", "/s/:number"}, {"GET", "/s/:other"}});
  auto other = named("DELETE", "/s/:id", kWithId);
  other.owner = "other";
  REQUIRE(edge.registry.add_route(std::move(other)).ok());
  CHECK(edge.ask({"DELETE", "/s/7", {}, {}}).body == "DELETE /s/:id|7");
  CHECK(edge.ask({"GET", "/s/7", {}, {}}).status == 503);
  CHECK(edge.ask({"PUT", "/s/7", {}, {}}).status == 405);
}

TEST_CASE("routes may change while requests run") {
  Edge edge;
  std::atomic<bool> stop{false};
  std::thread changes([&] {
    for (int round = 0; round < 200; ++round) {
      CHECK(edge.registry.add_route(named("GET", "/s")).ok());
      round % 2 == 0 ? edge.registry.remove_owner("test") : edge.registry.suspend_owner("test", {{"GET", "/s"}});
    }
    stop = true;
  });
  int answered = 0;
  while (!stop) {
    const int status = edge.ask({"GET", "/s", {}, {}}).status;
    REQUIRE((status == 200 || status == 404 || status == 503));
    ++answered;
  }
  changes.join();
  CHECK(answered > 0);
}
