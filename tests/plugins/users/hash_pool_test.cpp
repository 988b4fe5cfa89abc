// The threads that hash.
#include "hash_pool.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <unistd.h>

#include <atomic>
#include <future>
#include <memory>

using nexus::users::HashPool;

TEST_CASE("jobs run, never more at once than there are threads") {
  HashPool pool;
  pool.start();
  std::atomic<int> running{0}, most{0}, done{0};
  for (int i = 0; i < 20; ++i) {
    REQUIRE(pool.post([&] {
      int seen = most.load();
      const int now = ++running;
      while (now > seen && !most.compare_exchange_weak(seen, now)) {
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      --running;
      ++done;
    }));
  }
  while (done.load() != 20) std::this_thread::yield();
  CHECK(most.load() <= static_cast<int>(HashPool::kThreads));
}

TEST_CASE("the threads step back behind those that answer requests") {
  HashPool pool;
  pool.start();
  std::promise<int> nice;
  REQUIRE(pool.post([&] { nice.set_value(::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))); }));
  const int own = ::getpriority(PRIO_PROCESS, 0);
  CHECK(nice.get_future().get() == std::max(own, HashPool::kNice));
  CHECK(::getpriority(PRIO_PROCESS, 0) == own);
}

TEST_CASE("a full queue refuses, and a stopped pool drops what waits") {
  HashPool pool;
  pool.start();
  std::promise<void> release;
  const auto gate = release.get_future().share();
  std::atomic<std::size_t> started{0};
  for (std::size_t i = 0; i < HashPool::kThreads; ++i) {
    REQUIRE(pool.post([&, gate] {
      ++started;
      gate.wait();
    }));
  }
  while (started.load() != HashPool::kThreads) std::this_thread::yield();

  const auto witness = std::make_shared<int>(0);
  std::atomic<int> ran{0};
  for (std::size_t i = 0; i < HashPool::kMaxWaiting; ++i) REQUIRE(pool.post([&, witness] { ++ran; }));
  CHECK_FALSE(pool.post([&, witness] { ++ran; }));
  CHECK(witness.use_count() == 1 + static_cast<long>(HashPool::kMaxWaiting));

  std::thread stopping([&] { pool.stop(); });
  while (witness.use_count() != 1) std::this_thread::yield();
  release.set_value();
  stopping.join();
  CHECK(ran.load() == 0);
  CHECK_FALSE(pool.post([] {}));
}

TEST_CASE("a pool that never started takes nothing and stops twice") {
  HashPool pool;
  CHECK_FALSE(pool.post([] {}));
  pool.stop();
  pool.stop();
}
