// What comes back, and in which order.
#include "api/http/engine_fixture.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <string>

using namespace nexus::api;
using namespace nexus::api::test;

TEST_CASE("pipelined requests are answered in order, whichever thread answers") {
  EngineFixture fixture;
  RawClient client = fixture.client();
  std::string batch;
  for (int i = 0; i < 60; ++i) {
    const std::string name = std::to_string(i);
    batch += i % 3 == 0   ? get("/late/" + std::to_string(i % 7))
             : i % 3 == 1 ? get("/echo/" + name)
                          : post("/echo/p", name);
  }
  client.send(batch);
  for (int i = 0; i < 60; ++i) {
    const std::string name = std::to_string(i);
    const std::string expected = i % 3 == 0   ? "GET /late/" + std::to_string(i % 7) + " "
                                 : i % 3 == 1 ? "GET /echo/" + name + " "
                                              : "POST /echo/p " + name;
    REQUIRE(client.read_answer().body == expected);
  }
  CHECK(fixture.engine().counters().requests == 60);
}

TEST_CASE("thousands of pipelined requests in one burst are all answered") {
  EngineFixture fixture;
  RawClient client = fixture.client();
  std::string batch;
  for (int i = 0; i < 5000; ++i) batch += get("/echo/" + std::to_string(i));
  std::thread sender([&] { client.send(batch); });
  for (int i = 0; i < 5000; ++i) REQUIRE(client.read_answer().body == "GET /echo/" + std::to_string(i) + " ");
  sender.join();
}

TEST_CASE("a client that shuts its side after its requests still gets every answer") {
  EngineFixture fixture;
  RawClient client = fixture.client();
  client.send(get("/late/20") + get("/echo/2") + get("/late/1") + get("/echo/4"));
  client.shut_writing();
  const std::string all = client.read_all();
  for (const char* body : {"GET /late/20 ", "GET /echo/2 ", "GET /late/1 ", "GET /echo/4 "})
    CHECK(all.find(body) != std::string::npos);
  CHECK(fixture.all_closed());
}

TEST_CASE("keep-alive is what the version says, unless the client says otherwise") {
  EngineFixture fixture;
  struct Row {
    std::string request;
    std::string connection;
    bool stays;
  };
  const Row rows[] = {{get("/echo"), "", true},
                      {get("/echo", "Connection: keep-alive\r\n"), "", true},
                      {get("/echo", "Connection: close\r\n"), "close", false},
                      {get("/echo", "Connection: x, Close\r\n"), "close", false},
                      {get("/close"), "close", false},
                      {"GET /echo HTTP/1.0\r\n\r\n", "close", false},
                      {"GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", true}};
  for (const Row& row : rows) {
    CAPTURE(row.request);
    RawClient client = fixture.client();
    client.send(row.request);
    const RawAnswer answer = client.read_answer();
    CHECK(answer.status == 200);
    CHECK(answer.field("Connection") == row.connection);
    CHECK(client.closed_within(std::chrono::milliseconds(row.stays ? 150 : 1000)) == !row.stays);
  }
}

TEST_CASE("HEAD tells the length and sends no body; 204 and 304 have neither") {
  EngineFixture fixture;
  RawClient client = fixture.client();
  client.send("HEAD /echo HTTP/1.1\r\nHost: h\r\n\r\n");
  const RawAnswer head = client.read_answer(true);
  CHECK(head.field("Content-Length") == "11");
  for (const char* status : {"204", "304"}) {
    client.send(get(std::string("/status/") + status));
    const RawAnswer answer = client.read_answer();
    CHECK(std::to_string(answer.status) == status);
    CHECK(answer.field("Content-Length").empty());
  }
  client.send(get("/echo/after"));
  CHECK(client.read_answer().body == "GET /echo/after ");
}

TEST_CASE("each answer carries the date") {
  EngineFixture fixture;
  RawClient client = fixture.client();
  client.send(get("/echo"));
  const std::string date = client.read_answer().field("Date");
  std::tm parsed{};
  REQUIRE(::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parsed) != nullptr);
  CHECK(std::abs(::timegm(&parsed) - std::time(nullptr)) <= 2);
}

TEST_CASE("who waits for 100 Continue gets it, who sends the body at once does not") {
  EngineFixture fixture;
  const std::string header = "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";
  RawClient patient = fixture.client();
  patient.send(header);
  CHECK(patient.read_answer().status == 100);
  patient.send("body");
  CHECK(patient.read_answer().body == "POST /echo body");
  RawClient hasty = fixture.client();
  hasty.send(header + "body");
  CHECK(hasty.read_answer().body == "POST /echo body");
  RawClient begun = fixture.client();
  begun.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n4");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  begun.send("\r\nbody\r\n0\r\n\r\n");
  CHECK(begun.read_answer().body == "POST /echo body");
}

TEST_CASE("a body too large is refused before it is asked for, and the answer arrives") {
  EngineLimits limits;
  limits.body_bytes = 1000;
  EngineFixture fixture(limits);
  RawClient asking = fixture.client();
  asking.send("POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
  CHECK(asking.read_answer().status == 413);
  RawClient sending = fixture.client();
  sending.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n" + std::string(300'000, 'x'));
  CHECK(sending.read_answer().status == 413);
  char byte = 0;
  CHECK(::recv(sending.socket(), &byte, 1, 0) == 0);  // no reset, which can eat an answer on its way
}

TEST_CASE("a responder that is dropped, and a handler that throws, answer 500 and tell nothing") {
  EngineFixture fixture;
  for (const char* target : {"/drop", "/throw"}) {
    RawClient client = fixture.client();
    client.send(get(target));
    const RawAnswer answer = client.read_answer();
    CHECK(answer.status == 500);
    CHECK(answer.body == "50001 ");
    CHECK(client.closed_within(std::chrono::milliseconds(1000)));
  }
  RawClient client = fixture.client();
  client.send(get("/hold"));
  { const Responder dropped = fixture.held(); }
  CHECK(client.read_answer().status == 500);
  CHECK(fixture.alive());
}

TEST_CASE("a request whose client went away is abandoned, and its answer goes nowhere") {
  EngineFixture fixture;
  for (const bool hard : {false, true}) {
    RawClient client = fixture.client();
    client.send(get("/hold"));
    Responder responder = fixture.held();
    REQUIRE(responder);
    CHECK_FALSE(responder.abandoned());
    hard ? client.reset() : client.close();
    CHECK(EngineFixture::eventually([&] { return responder.abandoned(); }));
    responder.send({200, {}, "late", false});
    CHECK(fixture.all_closed());
  }
}

TEST_CASE("an answer larger than every buffer arrives whole, and the next request after it too") {
  EngineFixture fixture;
  RawClient client = fixture.client();
  client.send(get("/big/20000000") + get("/echo/after"));
  const RawAnswer answer = client.read_answer();
  CHECK(answer.body.size() == 20'000'000);
  CHECK(client.read_answer().body == "GET /echo/after ");
}

TEST_CASE("the peer is the client's address, in IPv6 and in IPv4") {
  EngineFixture four;
  RawClient client = four.client();
  client.send(get("/peer"));
  CHECK(client.read_answer().body == "127.0.0.1");
  EngineFixture six({}, "::");
  RawClient mapped(six.port(), "127.0.0.1");
  mapped.send(get("/peer"));
  CHECK(mapped.read_answer().body == "127.0.0.1");
  RawClient real(six.port(), "::1");
  real.send(get("/peer"));
  CHECK(real.read_answer().body == "::1");
}

TEST_CASE("listening fails with a reason") {
  EngineFixture first;
  EngineOptions options;
  options.port = first.port();
  auto second = HttpEngine::listen(options, {});
  REQUIRE_FALSE(second.ok());
  CHECK(second.error().status() == nexus::Status::conflict);
  CHECK(std::string(second.error().what()).find("in use") != std::string::npos);
  options.host = "not.an.address.invalid";
  CHECK(HttpEngine::listen(options, {}).error().status() == nexus::Status::invalid);
}
