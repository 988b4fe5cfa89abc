#include "edge_fixture.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace nexus::api;
using namespace nexus::api::test;
using nlohmann::json;

namespace {

constexpr const char* kListing = R"({
  "parameters": [
    {"name": "page", "in": "query", "schema": {"type": "integer", "minimum": 1}},
    {"name": "per_page", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
    {"name": "status", "in": "query", "schema": {"type": "string", "enum": ["online", "offline"]}},
    {"name": "search", "in": "query", "schema": {"type": "string", "maxLength": 5}},
    {"name": "code", "in": "query", "schema": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 4096}},
    {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
    {"name": "all", "in": "query", "schema": {"type": "boolean"}},
    {"name": "ratio", "in": "query", "schema": {"$ref": "#/components/schemas/Ratio"}},
    {"name": "X-Mode", "in": "header", "schema": {"type": "string", "enum": ["a", "b"]}},
    {"name": "X-Note", "in": "header", "schema": {"type": "string", "maxLength": 5}}
  ],
  "responses": {"200": {}}
})";

void add_listing(Edge& edge) {
  REQUIRE(edge.registry.add_schemas("test", R"({"Ratio":{"type":"number","maximum":1}})").ok());
  REQUIRE(edge.registry.add_route(Edge::route("GET", "/list", kListing)).ok());
}

}  // namespace

TEST_CASE("query parameters are checked, and the answer names the one that is wrong") {
  Edge edge;
  add_listing(edge);
  struct Row {
    std::string query;
    const char* details;  // null: accepted
  };
  for (const auto& row : std::vector<Row>{
           {"", nullptr},
           {"?", nullptr},
           {"?page=1&per_page=100", nullptr},
           {"?per_page=0", "查询参数 per_page 的值无效"},
           {"?per_page=101", "查询参数 per_page 的值无效"},
           {"?page=", "查询参数 page 的值无效"},
           {"?page", "查询参数 page 的值无效"},
           {"?page=01", "查询参数 page 的值无效"},
           {"?page=+1", "查询参数 page 的值无效"},
           {"?page=1e1", "查询参数 page 的值无效"},
           {"?page=99999999999999999999", "查询参数 page 的值无效"},
           {"?page=1&page=2", "查询参数 page 重复"},
           {"?pgae=1", "未知的查询参数 pgae"},
           {"?status=online", nullptr},
           {"?status=Online", "查询参数 status 的值无效"},
           {"?search=%E4%B8%AD%E4%B8%AD%E4%B8%AD%E4%B8%AD%E4%B8%AD", nullptr},
           {"?search=abcdef", "查询参数 search 的值无效"},
           {"?code=abc", nullptr},
           {"?code=ab1", "查询参数 code 的值无效"},
           {"?code=ok%0A;id", "查询参数 code 的值无效"},
           {"?since=2024-01-15T14:00:00Z", nullptr},
           {"?since=yesterday", "查询参数 since 的值无效"},
           {"?all=true", nullptr},
           {"?all=1", "查询参数 all 的值无效"},
           {"?ratio=0.5", nullptr},
           {"?ratio=1.5", "查询参数 ratio 的值无效"},
           {"?ratio=nan", "查询参数 ratio 的值无效"},
           {"?code=" + std::string(5000, 'a'), "查询参数 code 的值无效"},
       }) {
    CAPTURE(row.query.substr(0, 60));
    const auto answer = edge.ask({"GET", "/list" + row.query, {}, {}});
    CHECK(answer.status == (row.details == nullptr ? 200 : 400));
    if (row.details != nullptr) {
      const auto body = json::parse(answer.body);
      CHECK(body["code"] == 40000);
      CHECK(body["message"] == "请求参数无效");
      CHECK(body["details"] == row.details);
    }
  }
}

TEST_CASE("headers that a route describes are checked") {
  Edge edge;
  add_listing(edge);
  CHECK(edge.ask({"GET", "/list", {{"x-mode", "a"}}, {}}).status == 200);
  const auto refused = edge.ask({"GET", "/list", {{"x-mode", "c"}, {"Accept-Language", "en"}}, {}});
  CHECK(refused.status == 400);
  CHECK(json::parse(refused.body)["details"] == "The value of header X-Mode is not valid");
}

TEST_CASE("a header that is described is text") {
  Edge edge;
  add_listing(edge);
  CHECK(edge.ask({"GET", "/list", {{"X-Note", "中中中中中"}}, {}}).status == 200);
  CHECK(edge.ask({"GET", "/list", {{"X-Note", "\xff"}}, {}}).status == 400);
  CHECK(edge.ask({"GET", "/list", {{"X-Other", "\xff"}}, {}}).status == 200);
}

TEST_CASE("a required parameter that is missing is named, wherever it belongs") {
  Edge edge;
  REQUIRE(edge.registry
              .add_route(Edge::route("GET", "/export", R"({"parameters": [
                {"name": "year", "in": "query", "required": true, "schema": {"type": "integer"}},
                {"name": "X-Reason", "in": "header", "required": true, "schema": {"type": "string"}}],
                "responses": {"200": {}}})"))
              .ok());
  const auto details = [&](const char* target, Fields fields) {
    fields.emplace_back("Accept-Language", "en");
    const auto answer = edge.ask({"GET", target, fields, {}});
    const auto body = json::parse(answer.body);
    return std::to_string(answer.status) + " " + body.value("details", "");
  };
  CHECK(details("/export?year=2024", {{"x-reason", "audit"}}) == "200 ");
  CHECK(details("/export", {{"x-reason", "audit"}}) == "400 Query parameter year is missing");
  CHECK(details("/export?year=2024", {}) == "400 Header X-Reason is missing");
}

TEST_CASE("a path parameter that is not of its type names nothing: 404") {
  Edge edge;
  REQUIRE(edge.registry
              .add_route(Edge::route("GET", "/s/:id", R"({"parameters":[{"name":"id","in":"path","required":true,
                "schema":{"type":"integer","minimum":1}}],"responses":{"200":{}}})"))
              .ok());
  CHECK(edge.ask({"GET", "/s/7", {}, {}}).status == 200);
  for (const auto* id : {"0", "-1", "x", "7x", "%20", "99999999999999999999", "1.0"}) {
    CAPTURE(id);
    const auto answer = edge.ask({"GET", std::string("/s/") + id, {}, {}});
    CHECK(answer.status == 404);
    CHECK(json::parse(answer.body)["code"] == 40401);
  }
}
