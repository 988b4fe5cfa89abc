// The pool with connections that fail when told to.
#include "pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using namespace nexus;
using namespace nexus::storage;
using namespace std::chrono_literals;

namespace {

struct Engine {
  std::atomic<bool> up{true};
  std::atomic<bool> alive{true};  // what idle connections look like
  std::atomic<int> attempts{0};
  std::atomic<int> standing{0};
  std::chrono::milliseconds connect_time{0};
};

class PlainConnection final : public Connection {
 public:
  explicit PlainConnection(Engine& engine) : engine_(engine) { ++engine_.standing; }
  ~PlainConnection() override { --engine_.standing; }
  Result<ExecResult> exec(std::string_view sql, Args, Clock::time_point) override {
    if (sql == "break") health_ = Health::broken;
    if (sql == "stall") health_ = Health::stalled;
    return ExecResult{};
  }
  Result<std::unique_ptr<LeasedRows>> query(std::string_view, Args, Clock::time_point) override {
    return Error(Status::unsupported);
  }
  Result<void> begin(Clock::time_point) override { return {}; }
  Result<void> commit() override { return {}; }
  void rollback() noexcept override {}
  bool in_transaction() const noexcept override { return false; }
  bool usable() noexcept override { return engine_.alive; }

 private:
  Engine& engine_;
};

Pool make_pool(Engine& engine, unsigned size) {
  return Pool(size, 300ms, [&engine](Clock::time_point) -> Result<std::unique_ptr<Connection>> {
    ++engine.attempts;
    std::this_thread::sleep_for(engine.connect_time);
    if (!engine.up) return Error(Status::unavailable, "refused");
    return std::unique_ptr<Connection>(std::make_unique<PlainConnection>(engine));
  });
}

Clock::time_point soon() { return Clock::now() + 5s; }

}  // namespace

TEST_CASE("connections are made when needed and used again") {
  Engine engine;
  Pool pool = make_pool(engine, 3);
  for (int round = 0; round < 5; ++round) CHECK(pool.lease(soon()).ok());
  CHECK(engine.attempts == 1);
}

TEST_CASE("a broken connection does not come back") {
  Engine engine;
  Pool pool = make_pool(engine, 1);
  (void)(*pool.lease(soon()))->exec("break", {}, soon());
  CHECK(engine.standing == 0);
  CHECK(pool.lease(soon()).ok());
  CHECK(engine.attempts == 2);
}

TEST_CASE("an idle connection that has died is replaced on lease") {
  Engine engine;
  Pool pool = make_pool(engine, 1);
  REQUIRE(pool.lease(soon()).ok());
  engine.alive = false;
  CHECK(pool.lease(soon()).ok());
  CHECK(engine.attempts == 2);
  CHECK(engine.standing == 1);
}

TEST_CASE("after a failed attempt leases fail at once, and one tries again later") {
  Engine engine;
  engine.up = false;
  Pool pool = make_pool(engine, 4);
  for (int round = 0; round < 20; ++round) {
    const auto lease = pool.lease(soon());
    REQUIRE_FALSE(lease.ok());
    CHECK(lease.error().status() == Status::unavailable);
  }
  CHECK(engine.attempts == 1);
  engine.up = true;
  std::this_thread::sleep_for(kRetryPause + 50ms);
  CHECK(pool.lease(soon()).ok());
  CHECK(engine.attempts == 2);
}

TEST_CASE("while one lease tries a silent server, the others do not wait with it") {
  Engine engine;
  engine.up = false;
  Pool pool = make_pool(engine, 4);
  REQUIRE_FALSE(pool.lease(soon()).ok());
  std::this_thread::sleep_for(kRetryPause + 50ms);
  engine.connect_time = 400ms;
  std::thread probe([&] { CHECK_FALSE(pool.lease(soon()).ok()); });
  std::this_thread::sleep_for(100ms);
  const auto start = Clock::now();
  CHECK(pool.lease(soon()).error().status() == Status::unavailable);
  CHECK(Clock::now() - start < 100ms);
  probe.join();
  CHECK(engine.attempts == 2);
}

TEST_CASE("a server that stalls takes idle connections and waiting leases with it") {
  Engine engine;
  Pool pool = make_pool(engine, 2);
  auto first = pool.lease(soon());
  auto second = pool.lease(soon());
  REQUIRE(second.ok());
  std::atomic<bool> unavailable{false};
  std::thread waiter([&] { unavailable = pool.lease(soon()).error().status() == Status::unavailable; });
  std::this_thread::sleep_for(100ms);
  (void)(*first)->exec("stall", {}, soon());
  { const Lease end = std::move(first).value(); }
  waiter.join();
  CHECK(unavailable);
}

TEST_CASE("when all are lent, a lease waits its time and no longer") {
  Engine engine;
  Pool pool = make_pool(engine, 1);
  const auto held = pool.lease(soon());
  auto start = Clock::now();
  CHECK(pool.lease(soon()).error().status() == Status::busy);
  CHECK(Clock::now() - start >= 290ms);
  start = Clock::now();
  CHECK(pool.lease(Clock::now() + 50ms).error().status() == Status::busy);
  CHECK(Clock::now() - start < 250ms);
}
