// Slow clients, with limits short enough to wait for.
#include "api/http/engine_fixture.h"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <string>

using namespace nexus::api;
using namespace nexus::api::test;
using std::chrono::milliseconds;

namespace {

// Sends one byte after the other until the other end answers or closes; true where it was answered with that status.
bool drip(RawClient& client, std::string_view bytes, int status, milliseconds patience) {
  const auto until = Clock::now() + patience;
  std::size_t at = 0;
  while (Clock::now() < until) {
    const RawAnswer answer = client.read_answer(false, milliseconds(40));
    if (answer.status != 0) return answer.status == status;
    client.send(bytes.substr(at++ % bytes.size(), 1));
  }
  return false;
}

}  // namespace

TEST_CASE("a header that drips is answered 408 when its time is over, however regularly it drips") {
  EngineLimits limits;
  limits.header_time = milliseconds(400);
  EngineFixture fixture(limits);
  RawClient client = fixture.client();
  client.send("GET /echo HTTP/1.1\r\nX: ");
  const auto began = Clock::now();
  CHECK(drip(client, "xxxxxxxx", 408, milliseconds(3000)));
  CHECK(Clock::now() - began >= milliseconds(350));
  CHECK(client.closed_within(milliseconds(1000)));
  CHECK(fixture.engine().counters().slow_closed == 1);
}

TEST_CASE("a body that drips is answered 408, by its own clock") {
  EngineLimits limits;
  limits.header_time = milliseconds(300);
  limits.body_time = milliseconds(700);
  EngineFixture fixture(limits);
  RawClient client = fixture.client();
  const auto began = Clock::now();
  client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
  CHECK(drip(client, "body", 408, milliseconds(4000)));
  CHECK(Clock::now() - began >= milliseconds(650));
}

TEST_CASE("an idle connection is closed without a word, one in use is not") {
  EngineLimits limits;
  limits.idle_time = milliseconds(400);
  EngineFixture fixture(limits);
  RawClient idle = fixture.client();
  RawClient busy = fixture.client();
  for (int i = 0; i < 10; ++i) {
    busy.send(get("/echo"));
    REQUIRE(busy.read_answer().status == 200);
    std::this_thread::sleep_for(milliseconds(100));
  }
  CHECK(idle.read_all(milliseconds(10)).empty());
  CHECK(idle.closed_within(milliseconds(10)));
  CHECK(busy.closed_within(milliseconds(1000)));
  CHECK(fixture.engine().counters().slow_closed == 0);
}

TEST_CASE("a handler may take longer than every limit of the client's side") {
  EngineLimits limits;
  limits.header_time = limits.body_time = limits.idle_time = limits.write_stall = milliseconds(200);
  EngineFixture fixture(limits);
  RawClient client = fixture.client();
  client.send(get("/late/900"));
  CHECK(client.read_answer().status == 200);
}

TEST_CASE("a client that never reads is ended, and others do not notice it") {
  EngineLimits limits;
  limits.write_stall = milliseconds(600);
  EngineFixture fixture(limits);
  std::vector<RawClient> deaf;
  for (int i = 0; i < 8; ++i) {
    deaf.emplace_back(fixture.port(), "127.0.0.1", 4096);
    deaf.back().send(get("/big/16000000"));
  }
  RawClient other = fixture.client();
  milliseconds slowest{0};
  while (fixture.engine().counters().slow_closed < 8) {
    const auto began = Clock::now();
    other.send(get("/echo"));
    REQUIRE(other.read_answer().status == 200);
    slowest = std::max(slowest, std::chrono::duration_cast<milliseconds>(Clock::now() - began));
    std::this_thread::sleep_for(milliseconds(2));
  }
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
  // Sanitizers make the handlers of the large answers themselves slow. A worker that spins would serve nobody for
  // seconds.
  CHECK(slowest < milliseconds(1000));
#endif
  other.close();
  CHECK(fixture.all_closed());
}

TEST_CASE("a client that reads, but slower than the least rate, is ended; one that pauses and catches up is not") {
  EngineLimits limits;
  limits.write_stall = milliseconds(800);
  limits.write_rate = 8'000'000;
  EngineFixture fixture(limits);
  RawClient slow(fixture.port(), "127.0.0.1", 256 * 1024);
  slow.send(get("/big/60000000"));
  std::string buffer(64 * 1024, 0);
  const auto until = Clock::now() + milliseconds(8000);
  while (fixture.engine().counters().slow_closed == 0 && Clock::now() < until) {
    CHECK(::recv(slow.socket(), buffer.data(), buffer.size(), 0) > 0);  // never still for as long as write_stall
    std::this_thread::sleep_for(milliseconds(20));
  }
  CHECK(fixture.engine().counters().slow_closed == 1);
  RawClient pausing = fixture.client();
  pausing.send(get("/big/16000000"));
  std::this_thread::sleep_for(milliseconds(300));
  CHECK(pausing.read_answer().body.size() == 16'000'000);
}

TEST_CASE("a client that sends requests and does not read makes the engine stop reading it") {
  EngineLimits limits;
  limits.write_stall = milliseconds(60'000);
  EngineFixture fixture(limits);
  RawClient client(fixture.port(), "127.0.0.1", 4096);
  const std::string requests = get("/big/200000") + get("/big/200000");
  for (int i = 0; i < 200; ++i) client.send(requests);
  std::this_thread::sleep_for(milliseconds(300));
  const auto before = fixture.engine().counters().requests;
  std::this_thread::sleep_for(milliseconds(300));
  CHECK(fixture.engine().counters().requests == before);
  CHECK(before < 200);
}

TEST_CASE("a batch of requests is not answered into memory without bound before the first answer is written") {
  EngineLimits limits;
  limits.write_stall = milliseconds(60'000);
  EngineFixture fixture(limits);
  RawClient client(fixture.port(), "127.0.0.1", 4096);
  std::string batch;
  for (int i = 0; i < 1000; ++i) batch += get("/big/100000");
  client.send(batch);
  std::this_thread::sleep_for(milliseconds(500));
  CHECK(fixture.engine().counters().requests < 100);  // what the kernel takes, and one batch
}
