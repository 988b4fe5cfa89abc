#include "edge_fixture.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace nexus;
using namespace nexus::api;
using namespace nexus::api::test;
using nlohmann::json;

namespace {

AnswerMessage answer_to(Response response, const std::string& language = "",
                        std::vector<std::string>* problems = nullptr) {
  Edge edge;
  auto route = Edge::route("GET", "/x");
  route.handler = [&](const std::shared_ptr<Exchange>& exchange) { exchange->respond(response); };
  REQUIRE(edge.registry.add_route(std::move(route)).ok());
  auto answer = edge.ask({"GET", "/x", {{"Accept-Language", language}}, {}});
  if (problems != nullptr) *problems = edge.host.all_problems();
  return answer;
}

Response success(int status, std::string message_key, std::string data) {
  Response response;
  response.http_status = status;
  response.message_key = std::move(message_key);
  response.data_json = std::move(data);
  return response;
}

// How often the answer has the header; lines are as the edge and its handlers write them.
std::size_t count_of(const AnswerMessage& answer, const std::string& name) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < answer.fields.size(); at = answer.fields.find("\r\n", at) + 2) {
    const auto start = std::string_view(answer.fields).substr(at, name.size() + 1);
    count += equals_ignoring_case(start, name + ':') ? 1 : 0;
  }
  return count;
}

}  // namespace

TEST_CASE("a success is wrapped as documented, in both languages") {
  CHECK(answer_to(success(0, "", R"({"a":1})")).body == R"({"code":200,"message":"成功","data":{"a":1}})");
  CHECK(answer_to(success(0, "", R"({"a":1})"), "en").body == R"({"code":200,"message":"Success","data":{"a":1}})");
  CHECK(answer_to(success(201, "servers.created", "[]")).body ==
        R"({"code":201,"message":"服务器添加成功","data":[]})");
  CHECK(answer_to(success(0, "", "")).body == R"({"code":200,"message":"成功"})");
  auto extra = success(0, "", "{}");
  extra.extra_json = R"( {"warnings":["x"]} )";
  CHECK(answer_to(extra).body == R"({"code":200,"message":"成功","data":{},"warnings":["x"]})");
  extra.extra_json = "{ }";
  CHECK(answer_to(extra).body == R"({"code":200,"message":"成功","data":{}})");
}

TEST_CASE("an error of a handler becomes the documented envelope") {
  auto taken = Response::from(Error::api(40901, "servers.taken", {{"name", "a\"b"}}).with_extra(R"({"used_by":[7]})"));
  const auto answer = answer_to(taken, "en");
  CHECK(answer.status == 409);
  const auto body = json::parse(answer.body);
  CHECK(body["code"] == 40901);
  CHECK(body["message"] == "Resource already exists");
  CHECK(body["details"] == "a\"b is taken");
  CHECK(body["request_id"] == header_of(answer, "X-Request-Id"));
  CHECK(body["used_by"] == json::array({7}));

  const auto field =
      json::parse(answer_to(Response::from(Error::field("name", "unique", "servers.taken", {{"name", "x"}}))).body);
  CHECK(field["code"] == 42201);
  CHECK(field["message"] == "验证错误");
  CHECK(field["errors"] == json::parse(R"([{"field":"name","rule":"unique","message":"x 已被占用"}])"));

  const auto credentials = answer_to(Response::from(Error::api(40001)));
  CHECK(credentials.status == 401);
  const auto seed = json::parse(credentials.body);
  CHECK(seed["message"] == "凭证无效");
  CHECK(seed["details"] == "用户名或密码不正确");
}

TEST_CASE("every documented code has its status and text in both languages") {
  const std::vector<std::pair<int, int>> table{{40000, 400}, {40001, 401}, {40002, 401}, {40003, 401}, {40004, 401},
                                               {40301, 403}, {40302, 403}, {40401, 404}, {40501, 405}, {40801, 408},
                                               {41301, 413}, {41401, 414}, {41501, 415}, {43101, 431}, {40901, 409},
                                               {40902, 409}, {40903, 409}, {42201, 422}, {42901, 429}, {50001, 500},
                                               {50101, 501}, {50201, 502}, {50301, 503}, {50401, 504}, {50701, 507}};
  for (const auto& [code, status] : table) {
    for (const auto* language : {"zh", "en"}) {
      CAPTURE(code);
      Response response;
      response.app_code = code;
      const auto answer = answer_to(response, language);
      CHECK(answer.status == status);
      const auto body = json::parse(answer.body);
      CHECK(body["message"].get<std::string>().find("error.") == std::string::npos);
      CHECK(body["details"].get<std::string>().find("error.") == std::string::npos);
      CHECK_FALSE(body["details"].get<std::string>().empty());
    }
  }
}

TEST_CASE("security headers are on every answer, also on refusals") {
  Edge edge;
  REQUIRE(edge.registry.add_route(Edge::route("GET", "/x")).ok());
  auto secret = Edge::route("GET", "/secret");
  secret.is_public = false;
  REQUIRE(edge.registry.add_route(std::move(secret)).ok());
  std::vector<AnswerMessage> answers;
  for (const auto* target : {"/x", "/none", "/secret", "/x?y=1", "/%00"})
    answers.push_back(edge.ask({"GET", target, {}, {}}));
  answers.push_back(edge.ask({"PUT", "/x", {}, {}}));
  answers.push_back(edge.ask({"OPTIONS", "/x", {}, {}}));
  answers.push_back(edge.pipeline->refusal(431, 43101, "en"));
  edge.registry.suspend_owner("test", {{"GET", "/x"}});
  answers.push_back(edge.ask({"GET", "/x", {}, {}}));
  for (const auto& answer : answers) {
    CAPTURE(answer.status);
    CHECK(header_of(answer, "X-Content-Type-Options") == "nosniff");
    CHECK(header_of(answer, "Content-Security-Policy") ==
          "default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    CHECK(header_of(answer, "Referrer-Policy") == "no-referrer");
    CHECK(header_of(answer, "Cache-Control") == "no-store");
    CHECK(header_of(answer, "X-Request-Id").size() == 32);
    for (const auto* name : {"Server", "X-Powered-By", "Access-Control-Allow-Origin", "Strict-Transport-Security"}) {
      CHECK(header_of(answer, name).empty());
    }
    const bool has_body = answer.status != 204;
    CHECK(header_of(answer, "Content-Type") == (has_body ? "application/json; charset=utf-8" : ""));
    CHECK(answer.body.empty() != has_body);
  }
}

TEST_CASE("a browser is told to stay with TLS only where a trusted proxy says that the request came over it") {
  Edge edge({0, 0}, {"10.0.0.0/8"});
  REQUIRE(edge.registry.add_route(Edge::route("GET", "/x")).ok());
  struct Row {
    const char* peer;
    Fields fields;
    bool is_told;
  };
  for (const auto& row : std::vector<Row>{
           {"10.0.0.1", {{"X-Forwarded-Proto", "https"}}, true},
           {"10.0.0.1", {{"x-forwarded-proto", " HTTPS "}, {"X-Forwarded-For", "192.0.2.7"}}, true},
           {"10.0.0.1", {{"X-Forwarded-Proto", "http"}}, false},
           {"10.0.0.1", {{"X-Forwarded-Proto", "https, http"}}, false},
           {"10.0.0.1", {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "http"}}, false},
           {"10.0.0.1", {}, false},
           {"192.0.2.1", {{"X-Forwarded-Proto", "https"}}, false},
       }) {
    for (const auto* target : {"/x", "/none", "/%00"}) {
      const auto answer = edge.ask({"GET", target, row.fields, {}, row.peer});
      CHECK(header_of(answer, "Strict-Transport-Security") == (row.is_told ? "max-age=31536000" : ""));
    }
  }
}

TEST_CASE("every 503 says when to come again, and a handler may know better") {
  Response response;
  response.app_code = 50301;
  CHECK(header_of(answer_to(response), "Retry-After") == "5");
  response.headers = {{"retry-after", "60"}, {"Retry-After", "61"}};
  std::vector<std::string> problems;
  CHECK(header_of(answer_to(response, "", &problems), "Retry-After") == "60");
  CHECK(count_of(answer_to(response), "Retry-After") == 1);
  CHECK(problems.size() == 1);
  response.headers.clear();
  response.app_code = 50401;
  CHECK(header_of(answer_to(response), "Retry-After").empty());
}

TEST_CASE("a refusal of the engine is in the envelope") {
  Edge edge;
  const auto answer = edge.pipeline->refusal(431, 43101, "en");
  CHECK(answer.status == 431);
  CHECK(answer.close);
  const auto body = json::parse(answer.body);
  CHECK(body["code"] == 43101);
  CHECK(body["message"] == "Headers too large");
  CHECK(body["request_id"] == header_of(answer, "X-Request-Id"));
}

TEST_CASE("a handler's headers cannot break an answer or replace the edge's own") {
  Response response;
  response.headers = {{"ETag", "\"1\""},
                      {"X-A", "b\r\nX-Evil: 1"},
                      {"X Evil", "1"},
                      {"Content-Length", "5"},
                      {"x-request-id", "mine"},
                      {"Cache-Control", "private"},
                      {"cache-control", "public"},
                      {"Strict-Transport-Security", "max-age=0"},
                      {"X-B", std::string("\0", 1)}};
  std::vector<std::string> problems;
  const auto answer = answer_to(response, "", &problems);
  CHECK(header_of(answer, "ETag") == "\"1\"");
  CHECK(header_of(answer, "Cache-Control") == "private");
  CHECK(count_of(answer, "Cache-Control") == 1);
  CHECK(header_of(answer, "X-Request-Id").size() == 32);
  for (const auto* name : {"X-A", "X-Evil", "X Evil", "Content-Length", "X-B", "Strict-Transport-Security"})
    CHECK(header_of(answer, name).empty());
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].find("X-A") != std::string::npos);
}

TEST_CASE("a raw answer goes out as it is") {
  Response response;
  response.content_type = "text/plain";
  response.body = "a\nb";
  auto answer = answer_to(response);
  CHECK(answer.body == "a\nb");
  CHECK(header_of(answer, "Content-Type") == "text/plain; charset=utf-8");
  response.content_type = "text/plain\r\nX-Evil: 1";
  answer = answer_to(response);
  CHECK(header_of(answer, "Content-Type") == "application/octet-stream");
  CHECK(header_of(answer, "X-Evil").empty());
}

TEST_CASE("a catalogue that throws costs an answer its text, not the process") {
  const auto answer = answer_to(success(0, "throws", "{}"));
  CHECK(answer.status == 500);
  CHECK(json::parse(answer.body)["code"] == 50001);
  CHECK(answer.body.find("broken") == std::string::npos);
}
