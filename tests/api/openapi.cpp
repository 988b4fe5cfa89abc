#include "edge_fixture.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace nexus::api;
using namespace nexus::api::test;
using nlohmann::json;

TEST_CASE("the document shows the envelope, the edge's errors and who must log in") {
  Edge edge;
  REQUIRE(edge.registry.add_schemas("servers", R"({"Server":{"type":"object","properties":{"id":{"type":"integer"}}}})")
              .ok());
  auto route = Edge::route("PATCH", "/api/v1/servers/:id", R"({"summary":"Change","tags":["servers"],
    "parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"integer"}}],
    "requestBody":{"required":true,"content":{"application/json":{"schema":{"type":"object"}}}},
    "responses":{"200":{"description":"Changed","content":{"application/json":{"schema":
      {"type":"object","properties":{"server":{"$ref":"#/components/schemas/Server"}}}}}},
      "409":{"description":"Stale"}}})");
  route.is_public = false;
  route.permission = "servers.manage";
  REQUIRE(edge.registry.add_route(std::move(route)).ok());
  REQUIRE(edge.registry.add_route(Edge::route("GET", "/healthz")).ok());
  REQUIRE(edge.registry
              .add_route(Edge::route("DELETE", "/api/v1/servers/:id/x", R"({"operationId":"get_healthz",
    "parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"integer"}}],"responses":{"204":{}}})"))
              .ok());
  const auto document = json::parse(*edge.registry.openapi());
  CHECK(document["openapi"] == "3.1.0");
  const auto& change = document["paths"]["/api/v1/servers/{id}"]["patch"];
  CHECK(change["operationId"] == "patch_servers_id");
  CHECK(change["security"] == json::parse(R"([{"bearer":[]}])"));
  const auto& schema = change["responses"]["200"]["content"]["application/json"]["schema"];
  CHECK(schema["required"] == json({"code", "message", "data"}));
  CHECK(schema["properties"]["data"]["properties"]["server"]["$ref"] == "#/components/schemas/Server");
  CHECK(change["responses"]["409"]["content"]["application/json"]["schema"]["$ref"] == "#/components/schemas/Error");
  for (const auto* status : {"400", "401", "403", "404", "413", "415", "422", "429", "500", "503"}) {
    CHECK_MESSAGE(change["responses"].contains(status), status);
  }
  const auto& health = document["paths"]["/healthz"]["get"];
  CHECK(health["security"] == json::array());
  for (const auto* status : {"401", "403", "404", "413", "415", "422"})
    CHECK_FALSE(health["responses"].contains(status));
  CHECK_FALSE(document["paths"]["/api/v1/servers/{id}/x"]["delete"]["responses"]["204"].contains("content"));
  CHECK(health["operationId"] != document["paths"]["/api/v1/servers/{id}/x"]["delete"]["operationId"]);
  for (const auto* name : {"Error", "FieldError", "Pagination", "Server"})
    CHECK(document["components"]["schemas"].contains(name));
}

TEST_CASE("the document is made once for each change") {
  Edge edge;
  REQUIRE(edge.registry.add_route(Edge::route("GET", "/a")).ok());
  const auto first = edge.registry.openapi();
  CHECK(edge.registry.openapi() == first);
  REQUIRE(edge.registry.add_route(Edge::route("GET", "/b")).ok());
  const auto second = edge.registry.openapi();
  CHECK(second != first);
  CHECK(json::parse(*second)["paths"].contains("/b"));
  edge.registry.remove_owner("test");
  CHECK(json::parse(*edge.registry.openapi())["paths"].empty());
}
