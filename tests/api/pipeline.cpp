#include "edge_fixture.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <stdexcept>

using namespace nexus;
using namespace nexus::api;
using namespace nexus::api::test;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

RouteSpec closed(const std::string& pattern, const std::string& permission = "") {
  auto route = Edge::route("GET", pattern);
  route.is_public = false;
  route.permission = permission;
  return route;
}

void add(Edge& edge, RouteSpec route) {
  const auto added = edge.registry.add_route(std::move(route));
  REQUIRE_MESSAGE(added.ok(), (added.ok() ? "" : added.error().reason()));
}

Fields bearer(const std::string& token) { return {{"Authorization", "Bearer " + token}}; }

}  // namespace

TEST_CASE("who may come in, whether tokens are remembered or looked up") {
  for (const bool finds_out : {false, true}) {
    CAPTURE(finds_out);
    Edge edge;
    edge.host.finds_out = finds_out;
    edge.host.add_token("admin", 1, "admin");
    edge.host.add_token("user", 2, "user");
    edge.host.tokens["old"] = {nullptr, 40002};
    edge.host.tokens["down"] = {nullptr, 50301};
    add(edge, Edge::route("GET", "/public"));
    add(edge, closed("/own"));
    add(edge, closed("/view", "servers.view"));
    add(edge, closed("/manage", "servers.manage"));
    struct Row {
      const char* target;
      Fields fields;
      int status;
      int code;  // 0: a success
    };
    for (const auto& row : std::vector<Row>{
             {"/public", {}, 200, 0},
             {"/public", bearer("user"), 200, 0},
             {"/public", bearer("wrong"), 401, 40003},
             {"/public", bearer("old"), 401, 40002},
             {"/own", {}, 401, 40003},
             {"/own", bearer("user"), 200, 0},
             {"/own", {{"authorization", "bearer user"}}, 200, 0},
             {"/own", bearer("wrong"), 401, 40003},
             {"/own", bearer("old"), 401, 40002},
             {"/own", bearer("down"), 503, 50301},
             {"/own", bearer(""), 401, 40003},
             {"/own", bearer("user x"), 401, 40003},
             {"/own", bearer(std::string(9000, 'x')), 401, 40003},
             {"/own", {{"Authorization", "Basic user"}}, 401, 40003},
             {"/own", {{"Authorization", "Bearer user"}, {"Authorization", "Bearer admin"}}, 401, 40003},
             {"/view", bearer("user"), 200, 0},
             {"/manage", bearer("user"), 403, 40301},
             {"/manage", bearer("admin"), 200, 0},
             {"/none", bearer("wrong"), 404, 40401},
         }) {
      CAPTURE(row.target);
      const auto answer = edge.ask({"GET", row.target, row.fields, {}});
      CHECK(answer.status == row.status);
      CHECK(json::parse(answer.body)["code"] == (row.code != 0 ? row.code : 200));
      if (row.status == 401) CHECK(header_of(answer, "WWW-Authenticate") == "Bearer");
    }
  }
}

TEST_CASE("the caller's profile decides the language, before Accept-Language") {
  Edge edge;
  edge.host.add_token("english", 1, "user", "en");
  edge.host.add_token("chinese", 2, "user", "zh-CN");
  edge.host.add_token("other", 3, "user", "fr");
  add(edge, closed("/x"));
  const auto message = [&](const std::string& token, const std::string& language) {
    auto fields = bearer(token);
    fields.emplace_back("Accept-Language", language);
    return json::parse(edge.ask({"GET", "/x", fields, {}}).body)["message"];
  };
  CHECK(message("english", "zh") == "Success");
  CHECK(message("chinese", "en") == "成功");
  CHECK(message("other", "en") == "Success");
  CHECK(message("other", "") == "成功");
}

TEST_CASE("the handler sees the request as it was sent, decoded") {
  Edge edge;
  edge.host.add_token("t", 7, "user", "en");
  auto route = closed("/s/:id");
  route.method = "POST";
  route.openapi_json = R"({"parameters":[{"name":"id","in":"path","required":true,"schema":{}},
    {"name":"q","in":"query","schema":{}}],
    "requestBody":{"content":{"application/json":{"schema":{"type":"object","properties":{"a":{}}}}}},"responses":{"200":{}}})";
  route.handler = [](const std::shared_ptr<Exchange>& exchange) {
    CHECK(exchange->method() == "POST");
    CHECK(exchange->path() == "/s/中");
    CHECK(exchange->path_param("id") == "中");
    CHECK_FALSE(exchange->path_param("no").has_value());
    CHECK(exchange->query("q") == "a b");
    CHECK_FALSE(exchange->query("no").has_value());
    CHECK(exchange->header("x-thing") == "1");
    CHECK_FALSE(exchange->header("x-no").has_value());
    CHECK(exchange->body() == R"({"a":1})");
    CHECK(exchange->locale() == "en");
    CHECK(exchange->remote_address() == "192.0.2.1");
    CHECK(exchange->principal()->user_id == 7);
    CHECK(exchange->trace_parent() == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    CHECK(exchange->deadline() > Clock::now());
    CHECK_FALSE(exchange->abandoned());
    CHECK(exchange->respond({}));
    CHECK(exchange->abandoned());
    CHECK_FALSE(exchange->respond({}));
  };
  add(edge, std::move(route));
  auto fields = bearer("t");
  fields.emplace_back("X-Thing", "1");
  fields.emplace_back("Content-Type", "application/json");
  fields.emplace_back("X-Request-Id", "mine");
  fields.emplace_back("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  const auto answer = edge.ask({"POST", "/s/%E4%B8%AD?q=a+b", fields, R"({"a":1})"});
  CHECK(answer.status == 200);
  CHECK(header_of(answer, "X-Request-Id") != "mine");
  // The record is written after the answer.
  for (int wait = 0; wait < 100 && edge.host.all_accesses().empty(); ++wait) std::this_thread::sleep_for(10ms);
  CHECK(edge.host.all_accesses() == std::vector<std::string>{"POST /s/中 200 192.0.2.1 7"});
}

TEST_CASE("a handler that fails is answered, and tells nobody why but the log") {
  Edge edge;
  const std::vector<std::pair<std::function<void(const std::shared_ptr<Exchange>&)>, int>> handlers{
      {[](const auto&) { throw Error(Status::not_found, "secret reason"); }, 404},
      {[](const auto&) { throw Error(Status::internal, "secret reason"); }, 500},
      {[](const auto&) { throw std::runtime_error("secret reason"); }, 500},
      {[](const auto&) { throw 5; }, 500},
      {[](const auto&) {}, 500},
  };
  for (std::size_t at = 0; at < handlers.size(); ++at) {
    for (const bool is_inline : {false, true}) {
      auto route = Edge::route("GET", "/h" + std::to_string(at) + (is_inline ? "i" : ""));
      route.handler = handlers[at].first;
      route.is_inline = is_inline;
      const auto target = route.pattern;
      add(edge, std::move(route));
      const auto answer = edge.ask({"GET", target, {}, {}});
      CHECK(answer.status == handlers[at].second);
      CHECK(answer.body.find("secret") == std::string::npos);
    }
  }
  CHECK(edge.host.all_problems().size() == 2 * handlers.size());
}

TEST_CASE("a full pool answers 503") {
  Edge edge;
  add(edge, Edge::route("GET", "/pool"));
  auto direct = Edge::route("GET", "/inline");
  direct.is_inline = true;
  add(edge, std::move(direct));
  edge.host.pool_is_full = true;
  const auto answer = edge.ask({"GET", "/pool", {}, {}});
  CHECK(answer.status == 503);
  CHECK(json::parse(answer.body)["code"] == 50301);
  CHECK(header_of(answer, "Retry-After") == "5");
  CHECK(edge.ask({"GET", "/inline", {}, {}}).status == 200);
}

TEST_CASE("past its time a request is answered 504, and only once") {
  for (const bool is_inline : {false, true}) {
    CAPTURE(is_inline);
    Edge edge;
    std::shared_ptr<Exchange> kept;
    auto route = Edge::route("GET", "/slow");
    route.timeout = 100ms;
    route.is_inline = is_inline;
    route.handler = [&](const std::shared_ptr<Exchange>& exchange) { kept = exchange; };
    add(edge, std::move(route));
    const auto begin = Clock::now();
    const auto client = edge.send({"GET", "/slow", {}, {}});
    const auto answer = client->wait();
    const auto took = Clock::now() - begin;
    CHECK(answer.status == 504);
    CHECK(json::parse(answer.body)["code"] == 50401);
    CHECK(took >= 100ms);
    CHECK(took < 2s);
    for (int wait = 0; wait < 100 && edge.host.all_accesses().empty(); ++wait) std::this_thread::sleep_for(10ms);
    CHECK(kept->abandoned());
    CHECK_FALSE(kept->respond({}));
    CHECK(client->answers() == 1);
    kept.reset();
  }
}

TEST_CASE("whoever never finds out who is calling is answered 504, and may come late") {
  Edge edge;
  edge.host.finds_out = true;
  edge.host.hold_authentication = true;
  edge.host.add_token("t", 1, "admin");
  auto route = closed("/x");
  route.timeout = 100ms;
  add(edge, std::move(route));
  const auto client = edge.send({"GET", "/x", bearer("t"), {}});
  CHECK(client->wait().status == 504);
  edge.host.held_authentication();
  edge.host.held_authentication = nullptr;
  CHECK(client->answers() == 1);
}

TEST_CASE("nobody is asked about a token that is longer than any of ours") {
  Edge edge;
  add(edge, closed("/x"));
  for (const std::size_t size : {8192U, 8193U}) {
    CHECK(edge.ask({"GET", "/x", bearer(std::string(size, 't')), {}}).status == 401);
  }
  CHECK(edge.host.longest_token == 8192);
}

TEST_CASE("a handler never runs on the thread that found out who is calling") {
  for (const bool is_inline : {false, true}) {
    Edge edge;
    edge.host.finds_out = true;
    edge.host.hold_authentication = true;
    edge.host.add_token("t", 1, "admin");
    auto route = closed("/x");
    route.is_inline = is_inline;
    std::atomic<std::thread::id> ran_on;
    route.handler = [&](const std::shared_ptr<Exchange>& exchange) {
      ran_on = std::this_thread::get_id();
      exchange->respond({});
    };
    add(edge, std::move(route));
    const auto client = edge.send({"GET", "/x", bearer("t"), {}});
    edge.host.held_authentication();  // here
    CHECK(client->wait().status == 200);
    CHECK(ran_on.load() != std::this_thread::get_id());
    edge.host.held_authentication = nullptr;
  }
}

TEST_CASE("only so many log-ins are handled at the same time, and other routes do not notice") {
  constexpr std::size_t kMost = 128;
  Edge edge({0, 0});
  std::mutex mutex;
  std::vector<std::shared_ptr<Exchange>> kept;
  auto login = Edge::route("POST", "/login");
  login.rate_class = RateClass::auth;
  login.handler = [&](const std::shared_ptr<Exchange>& exchange) {
    const std::lock_guard lock(mutex);
    kept.push_back(exchange);
  };
  add(edge, std::move(login));
  add(edge, Edge::route("GET", "/x"));
  const auto handled = [&](std::size_t count) {
    for (int tries = 0; tries < 1000; ++tries) {
      {
        const std::lock_guard lock(mutex);
        if (kept.size() == count) return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  };
  std::vector<std::shared_ptr<Client>> clients;
  for (std::size_t i = 0; i < kMost; ++i) clients.push_back(edge.send({"POST", "/login", {}, {}}));
  REQUIRE(handled(kMost));

  const auto refused = edge.ask({"POST", "/login", {}, {}});
  CHECK(refused.status == 503);
  CHECK(header_of(refused, "Retry-After") != "");
  CHECK(edge.ask({"GET", "/x", {}, {}}).status == 200);

  kept.back()->respond({});
  kept.pop_back();
  clients.push_back(edge.send({"POST", "/login", {}, {}}));
  CHECK(handled(kMost));
  for (const auto& exchange : kept) exchange->respond({});
}

TEST_CASE("a client that is gone is known") {
  Edge edge;
  std::shared_ptr<Exchange> kept;
  auto route = Edge::route("GET", "/x");
  route.is_inline = true;
  route.handler = [&](const std::shared_ptr<Exchange>& exchange) { kept = exchange; };
  add(edge, std::move(route));
  const auto client = edge.send({"GET", "/x", {}, {}});
  CHECK_FALSE(kept->abandoned());
  client->gone = true;
  CHECK(kept->abandoned());
  kept->respond({});
}

TEST_CASE("a route's body limit holds at its edge") {
  Edge edge;
  auto route = Edge::route("POST", "/x", R"({"requestBody":{"content":{"text/plain":{}}},"responses":{"200":{}}})");
  route.max_body = 10;
  add(edge, std::move(route));
  for (const std::size_t size : {9U, 10U, 11U}) {
    const auto answer = edge.ask({"POST", "/x", {{"Content-Type", "text/plain"}}, std::string(size, 'a')});
    CHECK(answer.status == (size > 10 ? 413 : 200));
  }
}

TEST_CASE("limits count by user, by address, and by address alone for log-in") {
  Edge edge({3, 2}, {"10.0.0.0/8"});
  edge.host.add_token("a1", 1, "user");
  edge.host.add_token("a2", 1, "user");
  edge.host.add_token("b", 2, "user");
  add(edge, closed("/own"));
  auto login = Edge::route("POST", "/login");
  login.rate_class = RateClass::auth;
  add(edge, std::move(login));
  auto probe = Edge::route("GET", "/healthz");
  probe.rate_class = RateClass::none;
  add(edge, std::move(probe));
  const auto own = [&](const std::string& token, const std::string& peer = "192.0.2.1") {
    return edge.ask({"GET", "/own", bearer(token), {}, peer});
  };
  // Two tokens of one user share; addresses do not matter.
  for (const auto* remaining : {"2", "1", "0"}) {
    const auto answer = own(remaining[0] == '1' ? "a2" : "a1", std::string("192.0.2.") + remaining);
    CHECK(answer.status == 200);
    CHECK(header_of(answer, "X-RateLimit-Limit") == "3");
    CHECK(header_of(answer, "X-RateLimit-Remaining") == remaining);
    CHECK(std::stoll(header_of(answer, "X-RateLimit-Reset")) >= std::time(nullptr));
  }
  const auto refused = own("a2");
  CHECK(refused.status == 429);
  CHECK(json::parse(refused.body)["code"] == 42901);
  CHECK(std::stoi(header_of(refused, "Retry-After")) >= 59);
  CHECK(header_of(refused, "X-RateLimit-Remaining") == "0");
  CHECK(own("b").status == 200);
  // Guessing tokens counts by address.
  for (const int status : {401, 401, 401, 429}) CHECK(own("wrong").status == status);
  CHECK(own("wrong", "192.0.2.9").status == 401);
  // Log-in: per address, IPv6 by /64, forged X-Forwarded-For ignored, a trusted proxy's believed.
  const auto log_in = [&](const std::string& peer, const std::string& forwarded) {
    return edge.ask({"POST", "/login", {{"X-Forwarded-For", forwarded}, {"X-Real-IP", forwarded}}, {}, peer}).status;
  };
  CHECK(log_in("192.0.2.1", "1.1.1.1") == 200);
  CHECK(log_in("192.0.2.1", "1.1.1.2") == 200);
  CHECK(log_in("192.0.2.1", "1.1.1.3") == 429);
  CHECK(log_in("2001:db8::1", "") == 200);
  CHECK(log_in("2001:db8::2", "") == 200);
  CHECK(log_in("2001:db8::3", "") == 429);
  CHECK(log_in("2001:db8:0:1::1", "") == 200);
  CHECK(log_in("10.0.0.1", "1.1.1.1") == 200);
  CHECK(log_in("10.0.0.2", "1.1.1.1") == 200);
  CHECK(log_in("10.0.0.1", "1.1.1.1") == 429);
  CHECK(log_in("10.0.0.1", "1.1.1.2") == 200);
  // Probes are not limited.
  for (int probe_count = 0; probe_count < 10; ++probe_count) {
    const auto answer = edge.ask({"GET", "/healthz", {}, {}});
    CHECK(answer.status == 200);
    CHECK(header_of(answer, "X-RateLimit-Limit").empty());
  }
  // 0 is unlimited, at once.
  edge.pipeline->set_rate_limits({0, 0});
  CHECK(own("a1").status == 200);
}
