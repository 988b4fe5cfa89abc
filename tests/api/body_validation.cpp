#include "edge_fixture.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace nexus::api;
using namespace nexus::api::test;
using nlohmann::json;

namespace {

constexpr const char* kSchemas = R"({
  "Port": {"type": "integer", "minimum": 1, "maximum": 65535},
  "Named": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "minLength": 2, "maxLength": 8}}},
  "Tree": {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}
})";

constexpr const char* kServer = R"({
  "requestBody": {"required": true, "content": {"application/json": {"schema": {
    "type": "object",
    "required": ["name", "host"],
    "properties": {
      "name": {"type": "string", "pattern": "^[a-z0-9 -]+$", "minLength": 1, "maxLength": 64},
      "host": {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "hostname"}], "maxLength": 253},
      "port": {"$ref": "#/components/schemas/Port"},
      "email": {"type": ["string", "null"], "format": "email"},
      "mode": {"enum": ["a", "b"]},
      "ratio": {"type": "number", "exclusiveMinimum": 0, "multipleOf": 0.5},
      "group_ids": {"type": "array", "items": {"type": "integer"}, "maxItems": 3, "uniqueItems": true},
      "target": {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string", "maxLength": 4}}}},
      "env": {"type": "object", "additionalProperties": {"type": "string"}},
      "free": {"type": "object", "additionalProperties": true},
      "tree": {"$ref": "#/components/schemas/Tree"},
      "both": {"allOf": [{"$ref": "#/components/schemas/Named"}, {"properties": {"extra": {"type": "boolean"}}}],
               "type": "object", "properties": {"own": {"type": "integer"}}}
    }
  }}}},
  "responses": {"201": {}}
})";

void add_server_route(Edge& edge) {
  REQUIRE(edge.registry.add_schemas("test", kSchemas).ok());
  const auto added = edge.registry.add_route(Edge::route("POST", "/servers", kServer));
  REQUIRE_MESSAGE(added.ok(), (added.ok() ? "" : added.error().reason()));
}

AnswerMessage post(Edge& edge, const std::string& body, const std::string& language = "",
                   const std::string& type = "application/json") {
  return edge.ask({"POST", "/servers", {{"Content-Type", type}, {"Accept-Language", language}}, body});
}

// "field:rule" of each error, sorted.
std::multiset<std::string> errors_of(const AnswerMessage& answer) {
  std::multiset<std::string> out;
  const auto body = json::parse(answer.body);
  for (const auto& error : body.value("errors", json::array())) {
    CHECK_FALSE(error["message"].get<std::string>().empty());
    CHECK(error["message"].get<std::string>().find('{') == std::string::npos);
    out.insert(error["field"].get<std::string>() + ":" + error["rule"].get<std::string>());
  }
  return out;
}

}  // namespace

TEST_CASE("each wrong field is named with its rule") {
  Edge edge;
  add_server_route(edge);
  struct Row {
    std::string members;  // added to a valid body
    std::multiset<std::string> errors;
  };
  for (const auto& row : std::vector<Row>{
           {"", {}},
           {R"("port":22,"email":null,"mode":"a","ratio":1.5,"group_ids":[1,2],"target":{"tags":["x"]})", {}},
           {R"("port":1)", {}},
           {R"("port":65535)", {}},
           {R"("port":0)", {"port:minimum"}},
           {R"("port":65536)", {"port:maximum"}},
           {R"("port":"22")", {"port:type"}},
           {R"("port":22.5)", {"port:type"}},
           {R"("port":18446744073709551616)", {"port:type", "port:maximum"}},
           {R"("email":"x")", {"email:format"}},
           {R"("email":5)", {"email:type"}},
           {R"("mode":"c")", {"mode:enum"}},
           {R"("ratio":0)", {"ratio:exclusiveMinimum"}},
           {R"("ratio":0.7)", {"ratio:multipleOf"}},
           {R"("group_ids":[1,"x",2.5])", {"group_ids[1]:type", "group_ids[2]:type"}},
           {R"("group_ids":[1,2,3])", {}},
           {R"("group_ids":[1,2,3,4])", {"group_ids:maxItems"}},
           {R"("group_ids":[1,2,1])", {"group_ids:uniqueItems"}},
           {R"("target":{"tags":["abcd"]})", {}},
           {R"("target":{"tags":["abcde"]})", {"target.tags[0]:maxLength"}},
           {R"("target":{"tag":[]})", {"target.tag:additionalProperties"}},
           {R"("nmae":1,"hots":2)", {"nmae:additionalProperties", "hots:additionalProperties"}},
           {R"("env":{"A":"1"},"free":{"x":[{}]})", {}},
           {R"("env":{"A":1})", {"env.A:type"}},
           {R"("tree":{"children":[{"children":[]},{"x":1}]})", {"tree.children[1].x:additionalProperties"}},
           {R"("both":{"name":"ab","extra":true,"own":1})", {}},
           {R"("both":{"name":"a","extra":1,"own":"1","other":1})",
            {"both.name:minLength", "both.extra:type", "both.own:type", "both.other:additionalProperties"}},
           {R"("both":{"own":1})", {"both.name:required"}},
           {R"("both":{"extra":1})", {"both.name:required", "both.extra:type"}},
           {R"("both":5)", {"both:type"}},
       }) {
    CAPTURE(row.members);
    const auto answer =
        post(edge, R"({"name":"web","host":"192.0.2.1")" + (row.members.empty() ? "" : "," + row.members) + "}");
    CHECK(answer.status == (row.errors.empty() ? 200 : 422));
    CHECK(errors_of(answer) == row.errors);
  }
}

TEST_CASE("required members, wrong shapes and several errors at once") {
  Edge edge;
  add_server_route(edge);
  struct Row {
    std::string body;
    std::multiset<std::string> errors;
  };
  for (const auto& row : std::vector<Row>{
           {"{}", {"name:required", "host:required"}},
           {"[]", {":type"}},
           {"null", {":type"}},
           {R"({"name":"","host":"web-01.example.com"})", {"name:minLength", "name:pattern"}},
           {R"({"name":"ok\n;id","host":"-oProxyCommand=x","port":0})", {"name:pattern", "host:anyOf", "port:minimum"}},
       }) {
    CAPTURE(row.body);
    const auto answer = post(edge, row.body);
    CHECK(answer.status == 422);
    CHECK(errors_of(answer) == row.errors);
  }
}

TEST_CASE("a validation error speaks the caller's language") {
  Edge edge;
  add_server_route(edge);
  const auto wrong = R"({"name":"web","host":"a","port":65536,"x":1})";
  const auto chinese = json::parse(post(edge, wrong).body);
  CHECK(chinese["code"] == 42201);
  CHECK(chinese["message"] == "验证错误");
  CHECK(chinese["details"] == "一个或多个字段未通过验证");
  const auto english = json::parse(post(edge, wrong, "en").body);
  CHECK(english["message"] == "Validation error");
  std::map<std::string, std::string> messages;
  for (const auto& error : chinese["errors"]) messages[error["rule"]] = error["message"];
  CHECK(messages["maximum"] == "不能大于 65535");
  CHECK(messages["additionalProperties"] == "未知的字段");
  for (const auto& error : english["errors"]) messages[error["rule"]] = error["message"];
  CHECK(messages["maximum"] == "Must be at most 65535");
}

TEST_CASE("every part of allOf is heard, in the order of the parts, and nothing is said twice") {
  Edge edge;
  REQUIRE(edge.registry
              .add_schemas("test", R"({
    "Base": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}, "zone": {"type": "string", "maxLength": 2}}},
    "Alias": {"$ref": "#/components/schemas/Base"},
    "Owned": {"allOf": [{"$ref": "#/components/schemas/Alias"},
                        {"type": "object", "required": ["id", "owner"], "properties": {"owner": {"type": "integer"}}}]}})")
              .ok());
  const auto added = edge.registry.add_route(
      Edge::route("POST", "/servers", R"({"requestBody": {"content": {"application/json": {"schema": {
    "allOf": [{"$ref": "#/components/schemas/Owned"}, true,
              {"type": "object", "required": ["color"], "properties": {"color": {"enum": ["red"]},
               "zone": {"type": "string", "maxLength": 1}, "site": {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["zone"]}]}}},
              {"anyOf": [{"required": ["color"]}, {"required": ["owner"]}]}]}}}}, "responses": {"200": {}}})"));
  REQUIRE_MESSAGE(added.ok(), (added.ok() ? "" : added.error().reason()));
  const auto in_order = [&](const std::string& body) {
    std::string out;
    for (const auto& error : json::parse(post(edge, body).body).value("errors", json::array())) {
      out += error["field"].get<std::string>() + ":" + error["rule"].get<std::string>() + " ";
    }
    return out;
  };
  CHECK(in_order(R"({"id":1,"owner":2,"color":"red","zone":"a","site":{"id":1,"zone":"ab"}})").empty());
  CHECK(in_order(R"({"id":"1","owner":"2","color":"blue","zone":"abc","more":1})") ==
        "id:type zone:maxLength owner:type color:enum more:additionalProperties ");
  CHECK(in_order(R"({"color":"red"})") == "id:required owner:required ");
  CHECK(in_order(R"({"id":1,"owner":2,"color":"red","site":{"id":true,"more":1}})") ==
        "site.id:type site.zone:required site.more:additionalProperties ");
  CHECK(in_order("[]") == ":type ");
}

TEST_CASE("a body in parts takes the members of all parts and no others, unless a part says so") {
  struct Row {
    const char* schema;
    const char* body;
    std::multiset<std::string> errors;
  };
  for (
      const auto& row : std::vector<Row>{
          {R"({"oneOf":[{"type":"object","required":["a"],"properties":{"a":{}}},{"required":["b"],"properties":{"b":{}}}]})",
           R"({"a":1,"c":1})",
           {"c:additionalProperties"}},
          {R"({"allOf":[{"properties":{"a":{}}},{"additionalProperties":true}]})", R"({"a":1,"c":1})", {}},
          {R"({"allOf":[{"required":["a"]}]})", R"({"a":1,"c":1})", {}},
          {R"({"allOf":[{"properties":{"a":{}}},{"anyOf":[{"properties":{"b":{}}},{"type":"null"}]}]})",
           R"({"a":1,"b":1,"c":1})",
           {"c:additionalProperties"}},
          {R"({"allOf":[{"properties":{"a":{}},"additionalProperties":false},{"properties":{"b":{}}}]})",
           R"({"a":1,"b":1})",
           {"b:additionalProperties"}},
      }) {
    CAPTURE(row.schema);
    Edge edge;
    REQUIRE(edge.registry
                .add_route(Edge::route("POST", "/servers",
                                       R"({"requestBody":{"content":{"application/json":{"schema":)" +
                                           std::string(row.schema) + R"(}}},"responses":{"200":{}}})"))
                .ok());
    CHECK(errors_of(post(edge, row.body)) == row.errors);
  }
}

TEST_CASE("a part of allOf that nothing fits refuses everything") {
  Edge edge;
  REQUIRE(edge.registry
              .add_route(Edge::route("POST", "/servers", R"({"requestBody": {"content": {"application/json": {"schema":
    {"allOf": [{"type": "object", "properties": {"a": {"type": "integer"}}}, false]}}}}, "responses": {"200": {}}})"))
              .ok());
  CHECK(errors_of(post(edge, R"({"a":1})")) == std::multiset<std::string>{":not"});
  CHECK(errors_of(post(edge, R"({"a":"1"})")) == std::multiset<std::string>{":not", "a:type"});
}

TEST_CASE("what is no JSON is 40000 with its position, whatever it is") {
  Edge edge;
  add_server_route(edge);
  struct Row {
    std::string body;
    std::string details;
  };
  for (const auto& row : std::vector<Row>{
           {"{", "The body is not valid JSON (byte 2)"},
           {"{\"a\":1,\"a\":2}", "Member a of the body is given more than once (byte 10)"},
           {std::string(100'000, '['), "The body's JSON is nested too deeply (byte 65)"},
           {"{\"name\":\"\xff\"}", "The body is not valid JSON (byte 10)"},
       }) {
    CAPTURE(row.details);
    const auto answer = post(edge, row.body, "en");
    CHECK(answer.status == 400);
    const auto body = json::parse(answer.body);
    CHECK(body["code"] == 40000);
    CHECK(body["details"] == row.details);
  }
}

TEST_CASE("the media type decides") {
  Edge edge;
  add_server_route(edge);
  REQUIRE(edge.registry.add_route(Edge::route("POST", "/plain")).ok());
  REQUIRE(edge.registry
              .add_route(
                  Edge::route("POST", "/csv", R"({"requestBody":{"content":{"text/csv":{}}},"responses":{"200":{}}})"))
              .ok());
  const std::string good = R"({"name":"web","host":"a"})";
  for (const auto* type : {"application/json", "Application/JSON", "application/json; charset=utf-8",
                           "application/json;charset=\"UTF-8\"", "application/json; x=y"}) {
    CHECK_MESSAGE(post(edge, good, "", type).status == 200, type);
  }
  for (const auto* type :
       {"", "text/plain", "application/json; charset=gbk", "application/jsonx", "application/x-www-form-urlencoded"}) {
    const auto answer = post(edge, good, "", type);
    CHECK_MESSAGE(answer.status == 415, type);
    CHECK(json::parse(answer.body)["code"] == 41501);
  }
  const auto send = [&](const char* path, const char* type, const char* body) {
    return edge.ask({"POST", path, {{"Content-Type", type}}, body}).status;
  };
  CHECK(send("/csv", "text/csv; charset=utf-8", "a,b") == 200);
  CHECK(send("/csv", "application/json", "{}") == 415);
  // A route without a declared body takes none, or an empty object.
  CHECK(send("/plain", "", "") == 200);
  CHECK(send("/plain", "application/json", "{}") == 200);
  CHECK(send("/plain", "application/json", "{\"a\":1}") == 422);
  CHECK(send("/plain", "text/plain", "x") == 415);
}

TEST_CASE("an empty body where one is required is a validation error") {
  Edge edge;
  add_server_route(edge);
  const auto answer = post(edge, "");
  CHECK(answer.status == 422);
  CHECK(errors_of(answer) == std::multiset<std::string>{"body:required"});
}

TEST_CASE("a huge string never reaches an expression") {
  Edge edge;
  add_server_route(edge);
  const auto with_name = [](std::size_t length) {
    return R"({"host":"a","name":")" + std::string(length, 'a') + "\"}";
  };
  CHECK(post(edge, with_name(64)).status == 200);
  CHECK(errors_of(post(edge, with_name(65))) == std::multiset<std::string>{"name:maxLength"});
  const auto answer = post(edge, with_name(1024 * 1024));
  CHECK(answer.status == 422);
  CHECK(errors_of(answer) == std::multiset<std::string>{"name:maxLength"});
}

TEST_CASE("the longest text that an expression may see is no danger to it") {
  Edge edge;
  const auto added =
      edge.registry.add_route(Edge::route("POST", "/servers", R"({"requestBody":{"content":{"application/json":
    {"schema":{"type":"object","properties":{"x":{"type":"string","pattern":"^([a-z]|[0-9])*$","maxLength":4096}}}}}},
    "responses":{"200":{}}})"));
  REQUIRE(added.ok());
  CHECK(post(edge, R"({"x":")" + std::string(4096, 'a') + "\"}").status == 200);
  CHECK(post(edge, R"({"x":")" + std::string(4095, 'a') + "-\"}").status == 422);
  CHECK(post(edge, R"({"x":")" + std::string(4097, 'a') + "\"}").status == 422);
}

TEST_CASE("errors are bounded, whatever is sent") {
  Edge edge;
  add_server_route(edge);
  std::string items = "[";
  for (int at = 0; at < 300'000; ++at) items += "\"\",";
  items.back() = ']';
  CHECK(errors_of(post(edge, R"({"name":"a","host":"a","group_ids":)" + items + "}")).size() <= kMaxFieldErrors);
  std::string unknown;
  for (int at = 0; at < 1000; ++at) unknown += ",\"" + std::to_string(at) + std::string(500, 'x') + "\":1";
  const auto answer = post(edge, R"({"name":"a","host":"a")" + unknown + "}");
  CHECK(errors_of(answer).size() == kMaxFieldErrors);
  CHECK(answer.body.size() < 20'000);
}

TEST_CASE("a schema that never ends is refused") {
  Edge edge;
  REQUIRE(edge.registry
              .add_schemas("test", R"({"A":{"allOf":[{"$ref":"#/components/schemas/B"}]},
    "B":{"$ref":"#/components/schemas/A"}})")
              .ok());
  const auto added = edge.registry.add_route(Edge::route("POST", "/x", R"({"requestBody":{"content":{"application/json":
    {"schema":{"$ref":"#/components/schemas/A"}}}},"responses":{"200":{}}})"));
  REQUIRE_FALSE(added.ok());
  CHECK(added.error().reason().find("without end") != std::string::npos);
}
