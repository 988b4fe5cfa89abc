#include "edge_fixture.h"
#include "support/raw_client.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace nexus::api;
using namespace nexus::api::test;
using nexus::test::RawClient;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

struct RunningServer {
  RunningServer() {
    ServerOptions options;
    options.engine.port = 0;
    options.engine.threads = 1;
    options.rate_limits = {0, 0};
    server = Server::create(options, host).value();
    server->start();
  }
  nexus::test::RawAnswer ask(const std::string& text) {
    RawClient client(server->port());
    client.send(text);
    return client.read_answer(text.starts_with("HEAD"));
  }

  Host host;
  std::unique_ptr<Server> server;
};

}  // namespace

TEST_CASE("a request goes over the network, through the pipeline and back") {
  RunningServer running;
  REQUIRE(running.server->add_route(Edge::route("GET", "/hello")).ok());
  const auto answer = running.ask("GET /hello HTTP/1.1\r\nHost: a\r\nAccept-Language: en\r\n\r\n");
  CHECK(answer.status == 200);
  CHECK(answer.body == R"({"code":200,"message":"Success"})");
  CHECK(answer.field("X-Request-Id").size() == 32);

  const auto head = running.ask("HEAD /hello HTTP/1.1\r\nHost: a\r\nAccept-Language: en\r\n\r\n");
  CHECK(head.status == 200);
  CHECK(head.body.empty());
  CHECK(head.field("Content-Length") == std::to_string(answer.body.size()));

  RawClient client(running.server->port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(client.read_all().ends_with("\r\n\r\n"));

  running.server->suspend_owner("test", {{"GET", "/hello"}});
  const auto away = running.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(away.status == 503);
  CHECK(away.field("Retry-After") == "5");
  running.server->remove_owner("test");
  CHECK(running.ask("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").status == 404);
}

TEST_CASE("what never becomes a request is refused in the envelope") {
  RunningServer running;
  const auto answer =
      running.ask("GET / HTTP/1.1\r\nHost: a\r\nAccept-Language: en\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n");
  CHECK(answer.status == 431);
  const auto body = json::parse(answer.body);
  CHECK(body["code"] == 43101);
  CHECK(body["message"] == "Headers too large");
  CHECK_FALSE(body["request_id"].get<std::string>().empty());
  CHECK(answer.field("X-Content-Type-Options") == "nosniff");
}
