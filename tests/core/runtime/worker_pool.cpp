#include "core/runtime/worker_pool.h"

#include "core/runtime/owner.h"
#include "panel.h"

#include <doctest/doctest.h>

#include <thread>

using namespace nexus;
using core::Admission;
using core::InFlight;
using core::Owner;
using core::OwnerParts;
using core::WorkerPool;
using test::eventually;

TEST_CASE("a full queue refuses work, but not what was promised") {
  test::Gate gate;
  WorkerPool pool(1, 2);
  std::atomic<int> ran{0};
  std::atomic<bool> busy{false};
  pool.post([&] {
    busy = true;
    gate.wait();
  });
  REQUIRE(eventually([&] { return busy.load(); }));
  CHECK(pool.post([&] { ++ran; }));
  CHECK(pool.post([&] { ++ran; }));
  CHECK_FALSE(pool.post([&] { ++ran; }));
  CHECK(pool.post_always([&] { ++ran; }));
  gate.open();
  CHECK(eventually([&] { return ran == 3; }));
}

TEST_CASE("shutdown destroys what waits and takes nothing new") {
  const auto held = std::make_shared<int>(1);
  test::Gate gate;
  WorkerPool pool(1, 10);
  std::atomic<bool> busy{false};
  pool.post([&] {
    busy = true;
    gate.wait();
  });
  REQUIRE(eventually([&] { return busy.load(); }));
  pool.post([held] {});
  std::thread stopper([&] { pool.shutdown(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  gate.open();
  stopper.join();
  CHECK(held.use_count() == 1);
  CHECK_FALSE(pool.post_always([] {}));
}

namespace {

// Tasks that end only when as many as the pool has threads run at once.
bool meet(WorkerPool& pool, int threads) {
  auto inside = std::make_shared<std::atomic<int>>(0);
  auto left = std::make_shared<std::atomic<int>>(0);
  for (int i = 0; i < threads; ++i) {
    pool.post([=] {
      ++*inside;
      eventually([&] { return *inside == threads; });
      ++*left;
    });
  }
  return eventually([&] { return *inside == threads; }) && eventually([&] { return *left == threads; });
}

}  // namespace

TEST_CASE("tasks that block hold up nothing while a worker is free, whenever they come") {
  constexpr int kThreads = 8;
  WorkerPool pool(kThreads, 1000);
  CHECK(meet(pool, kThreads));  // some of the threads have just started
  CHECK(meet(pool, kThreads));  // right after work
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  CHECK(meet(pool, kThreads));  // all are fast asleep
  std::atomic<int> ran{0};
  for (int i = 0; i < 900; ++i) pool.post([&] { ++ran; });
  CHECK(meet(pool, kThreads));  // behind many short ones
  CHECK(ran == 900);
}

TEST_CASE("a serialised plugin never runs two callbacks at once, and keeps their order") {
  test::Lines lines;
  WorkerPool pool(4, 1000);
  OwnerParts parts;
  parts.pool = &pool;
  parts.logger = &lines;
  parts.queue = 1000;
  const auto owner = std::make_shared<Owner>("a", parts);
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::vector<int> order;
  for (int i = 0; i < 500; ++i) {
    REQUIRE(owner->post(
        [&, i] {
          most = std::max(most.load(), ++inside);
          order.push_back(i);
          --inside;
        },
        Admission::bounded));
  }
  std::atomic<bool> lifecycle_alone{false};
  CHECK(owner->run_exclusively(std::chrono::seconds(10), [&] {
    lifecycle_alone = ++inside == 1;
    --inside;
  }));
  REQUIRE(owner->wait_idle(test::in(test::kPatience)));
  CHECK(most == 1);
  CHECK(lifecycle_alone);
  CHECK(order.size() == 500);
  CHECK(std::is_sorted(order.begin(), order.end()));
}

TEST_CASE("a draining plugin takes only what was promised, a closed one nothing") {
  InFlight gate;
  auto ticket = gate.enter();
  CHECK(ticket);
  CHECK_FALSE(gate.idle());
  gate.set(InFlight::State::draining);
  CHECK_FALSE(gate.enter());
  CHECK(gate.enter(true));
  gate.set(InFlight::State::closed);
  CHECK_FALSE(gate.enter(true));
  ticket = {};
  CHECK(gate.idle());
}
