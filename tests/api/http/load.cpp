// Many connections, and no descriptors left.
#include "api/http/engine_fixture.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

using namespace nexus::api;
using namespace nexus::api::test;
using std::chrono::milliseconds;

namespace {

class DescriptorLimit {
 public:
  DescriptorLimit() { ::getrlimit(RLIMIT_NOFILE, &before_); }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  rlim_t most() const { return before_.rlim_max; }
  void set(rlim_t value) {
    const rlimit limit{value, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }

 private:
  rlimit before_{};
};

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::size_t resident_bytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kInstrumented = true;
#else
constexpr bool kInstrumented = false;
#endif

}  // namespace

TEST_CASE("five thousand idle connections are taken soon, cost little, and delay nobody") {
  DescriptorLimit descriptors;
  REQUIRE(descriptors.most() >= 11'000);
  descriptors.set(descriptors.most());
  EngineLimits limits;
  limits.idle_time = milliseconds(120'000);
  EngineFixture fixture(limits);
  const std::size_t before = resident_bytes();
  const auto began = Clock::now();
  std::vector<RawClient> idle;
  idle.reserve(5000);
  for (int i = 0; i < 5000; ++i) idle.push_back(fixture.client());
  REQUIRE(EngineFixture::eventually([&] { return fixture.engine().counters().open == 5000; }));
  for (RawClient& client : idle) {
    client.send(get("/echo"));
    REQUIRE(client.read_answer().status == 200);
  }
  CHECK(Clock::now() - began < milliseconds(10'000));
  const std::size_t grown = std::max(resident_bytes(), before) - before;
  if (!kInstrumented) CHECK(grown < 5000 * 4096);
  MESSAGE("bytes for each idle connection: " << grown / 5000);
  const auto asked = Clock::now();
  CHECK(fixture.alive());
  CHECK(Clock::now() - asked < milliseconds(100));
  const auto closing = Clock::now();
  CHECK(fixture.engine().drain(Clock::now() + milliseconds(5000)));
  CHECK(Clock::now() - closing < milliseconds(3000));
}

TEST_CASE("over its limit of connections the engine closes new ones, and takes some again when others end") {
  EngineLimits limits;
  limits.connections = 10;
  EngineFixture fixture(limits);
  std::vector<RawClient> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(fixture.client());
  REQUIRE(EngineFixture::eventually([&] { return fixture.engine().counters().open == 10; }));
  RawClient refused = fixture.client();
  CHECK(refused.closed_within(milliseconds(2000)));
  clients.front().send(get("/echo"));
  CHECK(clients.front().read_answer().status == 200);
  clients.pop_back();
  CHECK(EngineFixture::eventually([&] { return fixture.engine().counters().open == 9; }));
  CHECK(fixture.alive());
}

TEST_CASE("without descriptors the accept loop waits quietly, serves who is there, and goes on when some are free") {
  EngineFixture fixture;
  RawClient established = fixture.client();
  established.send(get("/echo"));
  REQUIRE(established.read_answer().status == 200);
  constexpr int kWaiting = 5;
  int waiting[kWaiting];
  for (int& socket : waiting) socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  {
    DescriptorLimit descriptors;
    const int lowest_free = ::dup(0);
    ::close(lowest_free);
    descriptors.set(static_cast<rlim_t>(lowest_free));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(fixture.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (const int socket : waiting)
      REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    const double before = processor_seconds();
    std::this_thread::sleep_for(milliseconds(1000));
    CHECK(processor_seconds() - before < 0.2);
    CHECK(fixture.engine().counters().accepted == 1);
    established.send(get("/echo"));
    CHECK(established.read_answer().status == 200);
  }
  CHECK(EngineFixture::eventually([&] { return fixture.engine().counters().accepted == 1 + kWaiting; }));
  for (const int socket : waiting) ::close(socket);
  established.close();
  CHECK(fixture.all_closed());
}
