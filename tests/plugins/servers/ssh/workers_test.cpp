// The SSH threads: bounded, fair between servers, and quick to stop.
#include "ssh/workers.h"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

using nexus::servers::ssh::Workers;
using std::chrono::seconds;

TEST_CASE("one server's work takes only some of the threads, and others' goes on") {
  Workers workers;
  std::promise<void> gate;
  const auto opened = gate.get_future().share();
  std::atomic<int> running{0};
  for (int i = 0; i < 8; ++i) {
    REQUIRE(workers.submit(1, [&running, opened] {
      ++running;
      opened.wait();
    }));
  }
  std::promise<void> other;
  REQUIRE(workers.submit(2, [&other] { other.set_value(); }));
  CHECK(other.get_future().wait_for(seconds(5)) == std::future_status::ready);
  CHECK(running <= static_cast<int>(Workers::kMaxThreadsPerServer));
  gate.set_value();
  while (running < 8) std::this_thread::yield();
}

TEST_CASE("what does not fit is refused, for a server and for all") {
  Workers workers;
  std::promise<void> gate;
  const auto opened = gate.get_future().share();
  std::size_t taken = 0;
  while (taken <= Workers::kMaxQueuedPerServer * 2 && workers.submit(1, [opened] { opened.wait(); })) ++taken;
  CHECK(taken >= Workers::kMaxQueuedPerServer);
  CHECK(taken <= Workers::kMaxQueuedPerServer + Workers::kMaxThreadsPerServer);
  std::size_t others = 0;
  while (others <= Workers::kMaxQueued * 2 &&
         workers.submit(100 + static_cast<std::int64_t>(others), [opened] { opened.wait(); })) {
    ++others;
  }
  CHECK(others <= Workers::kMaxQueued + Workers::kMaxThreads);
  gate.set_value();
}

TEST_CASE("stopping drops what waits, waits for what runs, and takes no more") {
  Workers workers;
  std::atomic<int> done{0};
  const auto dropped = std::make_shared<int>(0);
  for (int i = 0; i < 10; ++i) {
    workers.submit(1, [&, dropped] {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      ++done;
    });
  }
  workers.stop();
  CHECK(done <= static_cast<int>(Workers::kMaxThreadsPerServer));
  CHECK(dropped.use_count() == 1);
  CHECK_FALSE(workers.submit(1, [] {}));
}
