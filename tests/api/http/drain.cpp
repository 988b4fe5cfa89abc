// The end of an engine: what is at work finishes, what is not ends at once, nothing outlives the deadline.
#include "api/http/engine_fixture.h"

#include <doctest/doctest.h>

#include <dirent.h>

#include <string>

using namespace nexus::api;
using namespace nexus::api::test;
using std::chrono::milliseconds;

namespace {

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

}  // namespace

TEST_CASE("a drain closes idle connections at once, finishes what is in flight with close, and is clean") {
  EngineFixture fixture;
  RawClient idle = fixture.client();
  idle.send(get("/echo"));
  REQUIRE(idle.read_answer().status == 200);
  RawClient in_flight = fixture.client();
  in_flight.send(get("/late/500"));
  REQUIRE(EngineFixture::eventually([&] { return fixture.engine().counters().requests == 2; }));

  bool clean = false;
  const auto began = Clock::now();
  std::thread draining([&] { clean = fixture.engine().drain(began + milliseconds(5000)); });
  CHECK(idle.closed_within(milliseconds(300)));
  const RawAnswer answer = in_flight.read_answer();
  CHECK(answer.status == 200);
  CHECK(answer.field("Connection") == "close");
  in_flight.close();
  draining.join();
  CHECK(clean);
  CHECK(Clock::now() - began < milliseconds(2000));
  CHECK(fixture.engine().counters().open == 0);
  CHECK_THROWS(fixture.client());
  CHECK(fixture.engine().drain(Clock::now()));  // once more changes nothing
}

TEST_CASE("a drain with a request that is never answered, a stalled reader and half a request ends at the deadline") {
  EngineFixture fixture;
  RawClient held_client = fixture.client();
  held_client.send(get("/hold"));
  Responder responder = fixture.held();
  RawClient deaf(fixture.port(), "127.0.0.1", 4096);
  deaf.send(get("/big/16000000"));
  RawClient half = fixture.client();
  half.send("GET /half HTTP/1.1\r\n");
  RawClient idle = fixture.client();
  REQUIRE(EngineFixture::eventually([&] { return fixture.engine().counters().accepted == 4; }));
  std::this_thread::sleep_for(milliseconds(100));

  const auto began = Clock::now();
  CHECK_FALSE(fixture.engine().drain(began + milliseconds(600)));
  const auto took = Clock::now() - began;
  CHECK(took >= milliseconds(600));
  CHECK(took < milliseconds(1500));
  CHECK(responder.abandoned());
  responder.send({200, {}, "to nobody", false});
  CHECK(fixture.engine().counters().open == 0);
}

TEST_CASE("requests that arrived before the drain are answered, also those nobody had accepted yet") {
  for (int round = 0; round < 20; ++round) {
    EngineFixture fixture;
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) {
      clients.push_back(fixture.client());
      clients.back().send(get("/echo"));
    }
    std::thread draining([&] { fixture.engine().drain(Clock::now() + milliseconds(3000)); });
    for (RawClient& client : clients) {
      CHECK(client.read_answer().status == 200);
      client.close();
    }
    draining.join();
  }
}

TEST_CASE("an engine that never started, or is destroyed without a drain, ends") {
  EngineOptions options;
  options.port = 0;
  { auto never_started = HttpEngine::listen(options, {}); }
  RawAnswer answer;
  {
    EngineFixture fixture;
    RawClient client = fixture.client();
    client.send(get("/late/60000"));
    REQUIRE(EngineFixture::eventually([&] { return fixture.engine().counters().requests == 1; }));
  }
}

TEST_CASE("responders may outlive their engine") {
  Responder survivor;
  std::unique_ptr<RawClient> client;
  {
    EngineFixture fixture;
    client = std::make_unique<RawClient>(fixture.port());
    client->send(get("/hold"));
    survivor = fixture.held();
  }
  CHECK(survivor.abandoned());
  survivor.send({200, {}, "too late", false});
}

TEST_CASE("engines leave no descriptor of a connection behind") {
  // Pistache's reactor keeps one descriptor for each I/O thread; nothing of ours may add to it.
  const std::size_t before = open_descriptors();
  for (int round = 0; round < 5; ++round) {
    EngineFixture fixture;
    std::vector<RawClient> clients;
    for (int i = 0; i < 30; ++i) {
      clients.push_back(fixture.client());
      clients.back().send(i % 2 == 0 ? get("/echo") : "GET /ha");
    }
    REQUIRE(EngineFixture::eventually([&] { return fixture.engine().counters().accepted == 30; }));
  }
  CHECK(open_descriptors() <= before + 5 * 3);
}
