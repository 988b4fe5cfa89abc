#include "edge_fixture.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace nexus::api;
using namespace nexus::api::test;
using nlohmann::json;

namespace {

json document_of(Edge& edge) { return json::parse(*edge.registry.openapi()); }

// The operation of one route in a document of its own.
json operation_of(RouteSpec route, const char* schemas = "{}") {
  Edge edge;
  REQUIRE(edge.registry.add_schemas("test", schemas).ok());
  const auto added = edge.registry.add_route(std::move(route));
  REQUIRE_MESSAGE(added.ok(), (added.ok() ? "" : added.error().reason()));
  const auto document = document_of(edge);
  return document["paths"].front().front();
}

RouteSpec described(std::string method, std::string permission, std::string openapi = R"({"responses":{"200":{}}})") {
  auto route = Edge::route(std::move(method), "/a", std::move(openapi));
  route.is_public = false;
  route.permission = std::move(permission);
  return route;
}

const json& media_of(const json& operation, const char* status) {
  return operation.at("responses").at(status).at("content").at("application/json");
}

// A 200 with this content.
RouteSpec answering(const std::string& response) {
  return Edge::route("GET", "/a", R"({"responses":{"200":)" + response + "}}");
}

bool has_text(const json& value, const std::string& text) {
  return value.get<std::string>().find(text) != std::string::npos;
}

constexpr const char* kBothSchemes = R"([{"bearer":[]},{"api_token":[]}])";

}  // namespace

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
  const auto document = document_of(edge);
  CHECK(document["openapi"] == "3.1.0");
  CHECK(document["info"]["license"]["identifier"] == "Apache-2.0");
  const auto& change = document["paths"]["/api/v1/servers/{id}"]["patch"];
  CHECK(change["operationId"] == "patch_servers_id");
  const auto& schema = media_of(change, "200")["schema"];
  CHECK(schema["required"] == json({"code", "message", "data"}));
  CHECK(schema["properties"]["data"]["properties"]["server"]["$ref"] == "#/components/schemas/Server");
  CHECK(media_of(change, "409")["schema"]["$ref"] == "#/components/schemas/Error");
  for (const auto* status :
       {"400", "401", "403", "404", "413", "415", "422", "429", "500", "503", "504", "507", "default"}) {
    CHECK_MESSAGE(change["responses"].contains(status), status);
  }
  CHECK(change["responses"]["404"]["$ref"] == "#/components/responses/NotFound");
  const auto& health = document["paths"]["/healthz"]["get"];
  CHECK(health["security"] == json::array());
  for (const auto* status : {"403", "404", "413", "415", "422", "507"})
    CHECK_FALSE(health["responses"].contains(status));
  // A token that is sent is checked, also where none is needed.
  CHECK(health["responses"].contains("401"));
  CHECK_FALSE(document["paths"]["/api/v1/servers/{id}/x"]["delete"]["responses"]["204"].contains("content"));
  CHECK(health["operationId"] != document["paths"]["/api/v1/servers/{id}/x"]["delete"]["operationId"]);
}

TEST_CASE("the document says who may call what, as the pipeline decides it") {
  const auto open = operation_of(answering("{}"));
  CHECK(open["security"] == json::array());
  CHECK(has_text(open["description"], "no token"));

  const auto reading = operation_of(described("GET", "servers.view"));
  CHECK(reading["security"] == json::parse(kBothSchemes));
  CHECK(reading["x-permission"] == "servers.view");
  CHECK(has_text(reading["description"], "`servers.view`"));
  CHECK_FALSE(reading.contains("x-step-up"));

  // What names no permission is open to an API token only for reading.
  CHECK(operation_of(described("GET", ""))["security"] == json::parse(kBothSchemes));
  CHECK_FALSE(operation_of(described("GET", ""))["responses"].contains("403"));
  const auto own = operation_of(described("POST", ""));
  CHECK(own["security"] == json::parse(R"([{"bearer":[]}])"));
  CHECK(own["responses"].contains("403"));
  CHECK(has_text(own["description"], "API token is refused"));

  auto route = described("POST", "servers.manage", R"({"description":"Wipes it.","responses":{"200":{}}})");
  route.needs_session = true;
  route.needs_step_up = true;
  const auto dangerous = operation_of(std::move(route));
  CHECK(dangerous["security"] == json::parse(R"([{"bearer":[]}])"));
  CHECK(dangerous["x-step-up"] == true);
  CHECK(dangerous["description"].get<std::string>().starts_with("Wipes it.\n\n"));
  CHECK(has_text(dangerous["description"], "40302"));
  CHECK(media_of(dangerous, "403")["examples"]["40301"]["value"]["message"] == "权限不足");
  CHECK(media_of(dangerous, "403")["examples"]["40302"]["value"]["code"] == 40302);
}

TEST_CASE("an example of data becomes one of the whole envelope, in the default language") {
  const auto one = operation_of(answering(R"({"x-message":"servers.created","content":{"application/json":
    {"schema":{"type":"integer"},"example":7}}})"));
  CHECK(media_of(one, "200")["example"] == json::parse(R"({"code":200,"message":"服务器添加成功","data":7})"));
  CHECK_FALSE(one["responses"]["200"].contains("x-message"));

  const auto named = operation_of(answering(R"({"content":{"application/json":{"schema":{"type":"integer"},
    "examples":{"few":{"summary":"Few","value":1},"many":{"value":9}}}}})"));
  const auto& examples = media_of(named, "200")["examples"];
  CHECK(examples["few"]["summary"] == "Few");
  CHECK(examples["few"]["value"] == json::parse(R"({"code":200,"message":"成功","data":1})"));
  CHECK(examples["many"]["value"]["data"] == 9);

  CHECK(media_of(operation_of(answering("{}")), "200")["example"] == json::parse(R"({"code":200,"message":"成功"})"));
}

TEST_CASE("where the answer has no example, those of its schemas make one") {
  constexpr const char* kSchemas = R"({
    "Server":{"type":"object","example":{"id":1}},
    "Loop":{"type":"object","required":["next"],"properties":{"next":{"$ref":"#/components/schemas/Loop"}}}})";
  const auto made = [&](const std::string& schema) {
    const auto response = R"({"content":{"application/json":{"schema":)" + schema + "}}}";
    return media_of(operation_of(answering(response), kSchemas), "200");
  };
  CHECK(made(R"({"type":"object","required":["servers","state"],"properties":{
    "servers":{"type":"array","items":{"$ref":"#/components/schemas/Server"}},
    "state":{"type":"string","const":"ok"},"note":{"type":"string"}}})")["example"]["data"] ==
        json::parse(R"({"servers":[{"id":1}],"state":"ok"})"));
  CHECK(made(R"({"allOf":[{"$ref":"#/components/schemas/Server"},{"type":"object","properties":
    {"name":{"type":"string","example":"web"}}}]})")["example"]["data"] == json::parse(R"({"id":1,"name":"web"})"));
  CHECK(made(R"({"$ref":"#/components/schemas/Pagination"})")["example"]["data"]["total_pages"] == 5);
  // Half an example would break the schema.
  CHECK_FALSE(made(R"({"type":"object","required":["id","name"],"properties":{"id":{"type":"integer","example":1},
    "name":{"type":"string"}}})")
                  .contains("example"));
  CHECK_FALSE(made(R"({"$ref":"#/components/schemas/Loop"})").contains("example"));
}

TEST_CASE("an error has an example for each of its codes, unless its schema is its own") {
  const auto operation = operation_of(Edge::route("POST", "/a", R"({
    "requestBody":{"content":{"application/json":{"schema":{"type":"object"}}}},
    "responses":{"200":{},"409":{"description":"Taken"},"502":{"x-codes":[50201]},"401":{"x-codes":[40001,40004]},
    "422":{"content":{"application/json":{"example":{"code":42201}}}},
    "503":{"content":{"application/json":{"schema":{"type":"object"}}}}}})"));
  CHECK(media_of(operation, "409")["example"]["code"] == 40901);
  CHECK(media_of(operation, "409")["example"]["message"] == "资源已存在");
  CHECK(media_of(operation, "502")["example"]["details"] == "与目标服务器的 SSH 通信失败");
  CHECK(media_of(operation, "401")["examples"]["40001"]["value"]["message"] == "凭证无效");
  CHECK(media_of(operation, "401")["examples"]["40004"]["summary"] == "需要二次验证");
  CHECK_FALSE(operation["responses"]["401"].contains("x-codes"));
  CHECK(media_of(operation, "422")["example"] == json::parse(R"({"code":42201})"));
  CHECK(media_of(operation, "422")["schema"]["$ref"] == "#/components/schemas/Error");
  CHECK_FALSE(media_of(operation, "503").contains("example"));

  Edge edge;
  REQUIRE(edge.registry
              .add_route(Edge::route("POST", "/a", R"({"responses":{"200":{}},
    "requestBody":{"content":{"application/json":{"schema":{"type":"object"}}}}})"))
              .ok());
  const auto shared = document_of(edge)["components"]["responses"];
  const auto invalid = shared["ValidationError"]["content"]["application/json"]["example"];
  CHECK(invalid["code"] == 42201);
  CHECK(invalid["errors"][0]["message"] == "必填字段");
  CHECK(shared["Unauthorized"]["content"]["application/json"]["examples"].contains("40002"));
}

TEST_CASE("headers that the edge sends stand with every answer") {
  auto route = described("GET", "", R"({"responses":{"200":{"headers":{"ETag":{"$ref":"#/components/headers/ETag"}}},
    "304":{"description":"The same"},"503":{"description":"Later"}}})");
  const auto limited = operation_of(route)["responses"];
  CHECK(limited["200"]["headers"]["X-Request-Id"]["$ref"] == "#/components/headers/RequestId");
  CHECK(limited["200"]["headers"].contains("X-RateLimit-Remaining"));
  CHECK(limited["200"]["headers"].contains("ETag"));
  CHECK(limited["503"]["headers"].contains("Retry-After"));
  CHECK_FALSE(limited["200"]["headers"].contains("Retry-After"));
  CHECK_FALSE(limited["304"].contains("content"));
  CHECK(limited.contains("429"));
  route.rate_class = RateClass::none;
  const auto probe = operation_of(route)["responses"];
  CHECK_FALSE(probe["200"]["headers"].contains("X-RateLimit-Limit"));
  CHECK_FALSE(probe.contains("429"));
}

TEST_CASE("an answer without an envelope, or that is no JSON, is shown as it is") {
  const auto bare = operation_of(answering(R"({"x-envelope":false,"content":{"application/json":
    {"schema":{"type":"array","items":{"type":"integer"}},"example":[1]}}})"));
  CHECK(media_of(bare, "200")["schema"]["type"] == "array");
  CHECK(media_of(bare, "200")["example"] == json::parse("[1]"));
  CHECK_FALSE(bare["responses"]["200"].contains("x-envelope"));
  const auto text = operation_of(answering(R"({"content":{"text/csv":{"schema":{"type":"string"}}}})"));
  CHECK(text["responses"]["200"]["content"] == json::parse(R"({"text/csv":{"schema":{"type":"string"}}})"));
}

TEST_CASE("a tag has the description that a fragment gives it, or a general one") {
  Edge edge;
  REQUIRE(edge.registry
              .add_route(Edge::route("GET", "/a", R"({"tags":["servers"],"responses":{"200":{}},
    "x-tags":[{"name":"servers","description":"Machines"},{"name":"unused","description":"Not there"}]})"))
              .ok());
  REQUIRE(edge.registry.add_route(Edge::route("GET", "/b", R"({"tags":["servers"],"responses":{"200":{}}})")).ok());
  REQUIRE(edge.registry.add_route(Edge::route("GET", "/c")).ok());
  const auto document = document_of(edge);
  CHECK(document["tags"] == json::parse(R"([{"name":"servers","description":"Machines"},
    {"name":"test","description":"Operations of the plugin test"}])"));
  CHECK_FALSE(document["paths"]["/a"]["get"].contains("x-tags"));
}

TEST_CASE("components are those that something refers to, directly or not") {
  Edge edge;
  REQUIRE(edge.registry
              .add_schemas("test", R"({"Outer":{"type":"array","items":{"$ref":"#/components/schemas/Inner"}},
    "Inner":{"type":"integer"},"Lonely":{"type":"integer"}})")
              .ok());
  REQUIRE(
      edge.registry
          .add_route(answering(R"({"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Outer"}}}})"))
          .ok());
  const auto components = document_of(edge)["components"];
  for (const auto* name : {"Outer", "Inner", "Error", "FieldError"}) CHECK(components["schemas"].contains(name));
  for (const auto* name : {"Lonely", "Pagination"}) CHECK_FALSE(components["schemas"].contains(name));
  CHECK_FALSE(components["headers"].contains("ETag"));
  CHECK_FALSE(components["responses"].contains("NotFound"));
  for (const auto* name : {"bearer", "api_token"}) CHECK(components["securitySchemes"].contains(name));
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
