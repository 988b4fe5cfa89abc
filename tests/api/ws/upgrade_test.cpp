#include "ws_fixture.h"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace nexus::api;
using namespace nexus::api::test;
using nexus::test::RawClient;
using nexus::test::WsClient;

namespace {

int status_of(SocketServer& running, const std::string& target, const std::string& fields = "") {
  WsClient client(running.server->port());
  return client.open(target, fields).status;
}

}  // namespace

TEST_CASE("an upgrade is answered with 101, and messages go both ways") {
  SocketServer running;
  running.add();
  WsClient client(running.server->port());
  // The first message comes with the request.
  const auto answer = client.open("/echo", "Authorization: Bearer good\r\n", WsClient::frame(1, "hello"));
  REQUIRE(answer.status == 101);
  CHECK(answer.field("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(answer.field("X-Request-Id").size() == 32);
  CHECK(answer.field("Server") == "NexusPanel");
  CHECK(client.read().data == "hello");
  client.send(2, std::string("\0\xFF", 2));
  const auto binary = client.read();
  CHECK(binary.opcode == 2);
  CHECK(binary.data == std::string("\0\xFF", 2));
  CHECK(running.host.all_accesses() == std::vector<std::string>{"GET /echo 101 127.0.0.1 7"});
  CHECK(running.server->websockets() == 1);
}

TEST_CASE("an upgrade behind another request keeps the order of the answers") {
  SocketServer running;
  running.add();
  REQUIRE(running.server->add_route(Edge::route("GET", "/hello")).ok());
  RawClient client(running.server->port());
  client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n" + WsClient::request("/echo?ticket=good"));
  CHECK(client.read_answer().status == 200);
  CHECK(client.read_answer().status == 101);
}

TEST_CASE("what is no proper upgrade is 426") {
  SocketServer running;
  running.add();
  RawClient client(running.server->port());
  client.send("GET /echo HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\nAccept-Language: en\r\n\r\n");
  const auto answer = client.read_answer();
  CHECK(answer.status == 426);
  CHECK(answer.field("Upgrade") == "websocket");
  CHECK(answer.field("Sec-WebSocket-Version") == "13");
  CHECK(answer.body.find(R"("code":40000)") != std::string::npos);
  CHECK(answer.body.find("This is a WebSocket endpoint") != std::string::npos);

  const auto good = WsClient::request("/echo?ticket=good");
  for (const auto& [text, other] :
       {std::pair("Version: 13", "Version: 12"), std::pair("Upgrade: websocket", "Upgrade: h2c"),
        std::pair("keep-alive, Upgrade", "keep-alive"), std::pair("b25jZQ==", "b25jZQ=")}) {
    CAPTURE(other);
    auto bad = good;
    bad.replace(bad.find(text), std::string(text).size(), other);
    RawClient wrong(running.server->port());
    wrong.send(bad);
    CHECK(wrong.read_answer().status == 426);
  }
  CHECK(running.handlers.empty());
}

TEST_CASE("an upgrade takes the steps of every request") {
  SocketServer running;
  auto spec = SocketServer::spec();
  spec.permission = "servers.manage";
  running.add(spec);
  auto careful = SocketServer::spec("/careful");
  careful.websocket->needs_second_factor = true;
  running.add(careful);
  running.host.add_token("reader", 9, "user");
  auto strict = std::make_shared<Principal>();
  strict->user_id = 10;
  strict->role = "admin";
  strict->has_second_factor = true;
  running.host.tokens["strict"] = {strict, 0};

  CHECK(status_of(running, "/echo") == 401);
  CHECK(status_of(running, "/echo?ticket=") == 401);
  CHECK(status_of(running, "/echo?ticket=bad") == 401);
  CHECK(status_of(running, "/echo?ticket=reader") == 403);
  CHECK(status_of(running, "/echo?ticket=good&more=1") == 400);
  CHECK(status_of(running, "/echo?ticket=good", "Authorization: Bearer good\r\n") == 400);
  CHECK(status_of(running, "/nowhere?ticket=good") == 404);
  CHECK(status_of(running, "/careful?ticket=good") == 101);
  CHECK(status_of(running, "/careful?ticket=strict") == 403);
  // The refused permission and the missing factor stand in the trail, the session does not.
  const auto audits = running.host.wait_for_audits(2);
  REQUIRE(audits.size() == 2);
  CHECK(audits[0].find("/echo 403 40301") != std::string::npos);
  CHECK(audits[1].find("/careful 403 40302") != std::string::npos);
}

TEST_CASE("a ticket is for WebSocket routes, asked about each time, and shown to nobody") {
  SocketServer running;
  running.add();
  REQUIRE(running.server->add_route(Edge::route("GET", "/hello")).ok());
  CHECK(status_of(running, "/hello?ticket=good") == 400);
  running.host.longest_token = 0;
  CHECK(status_of(running, "/echo?ticket=good") == 101);
  CHECK(running.host.longest_token == 0);  // nothing that is remembered was looked for
  CHECK_FALSE(running.seen_ticket);
  for (const auto& line : running.host.all_accesses()) CHECK(line.find("good") == std::string::npos);
}

TEST_CASE("a user has a bounded number of sockets, and a closed one makes room") {
  SocketServer running({0, 0, 2});
  running.add();
  auto first = running.connect();
  auto second = running.connect();
  WsClient third(running.server->port());
  const auto refused = third.open("/echo?ticket=good");
  CHECK(refused.status == 429);
  CHECK(refused.body.find(R"("code":42901)") != std::string::npos);
  CHECK(status_of(running, "/echo?ticket=other") == 101);
  const auto handler = running.handler(0);
  first.close();
  CHECK(handler->wait_closed() == 1006);
  CHECK(status_of(running, "/echo?ticket=good") == 101);
  running.server->set_rate_limits({0, 0, 0});
  CHECK(status_of(running, "/echo?ticket=good") == 101);
}

TEST_CASE("the subprotocol is the first of ours that the client offers") {
  SocketServer running;
  auto spec = SocketServer::spec();
  spec.websocket->subprotocols = {"v2", "v1"};
  running.add(spec);
  WsClient client(running.server->port());
  const auto answer = client.open("/echo?ticket=good", "Sec-WebSocket-Protocol: v0, v1, v2\r\n");
  CHECK(answer.field("Sec-WebSocket-Protocol") == "v2");
  CHECK(running.last()->session->subprotocol() == "v2");
  WsClient other(running.server->port());
  CHECK(other.open("/echo?ticket=good", "Sec-WebSocket-Protocol: v0\r\n").field("Sec-WebSocket-Protocol").empty());
}

TEST_CASE("the document has WebSocket routes apart") {
  SocketServer running;
  auto spec = SocketServer::spec();
  spec.websocket->subprotocols = {"v2"};
  running.add(spec);
  const auto document = nlohmann::json::parse(*running.server->openapi());
  CHECK_FALSE(document["paths"].contains("/echo"));
  const auto& operation = document["x-websockets"]["/echo"]["get"];
  CHECK(operation["x-subprotocols"][0] == "v2");
  CHECK_FALSE(operation["responses"]["101"].contains("content"));
  CHECK(operation["responses"].contains("401"));
}
