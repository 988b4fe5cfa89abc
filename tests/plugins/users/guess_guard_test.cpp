// Counters of wrong passwords on a real SQLite.
#include "guess_guard.h"

#include "guess_sweeper.h"
#include "users_resources.h"

#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::users;

namespace {

constexpr std::int64_t kDay = 24 * 3600 * std::int64_t{1'000'000};

struct Database {
  Database() { REQUIRE(host.use(users_resources()).ok()); }

  Sql sql() { return Sql(*call); }
  GuessGuard guard() { return GuessGuard(sql(), now); }
  Gate look(std::int64_t id, const std::string& network) {
    const auto gate = guard().look(id, network);
    REQUIRE(gate.ok());
    return *gate;
  }
  bool is_open(std::int64_t id, const std::string& network) { return look(id, network).open; }
  void fail(std::int64_t id, const std::string& network, int times = 1) {
    for (int i = 0; i < times; ++i) REQUIRE(guard().fail(look(id, network), network).ok());
  }
  void log_in(std::int64_t id, const std::string& network) { REQUIRE(guard().signed_in(id, network).ok()); }
  std::int64_t rows(const char* condition) {
    return *sql().number(std::string("SELECT COUNT(*) FROM users_guesses WHERE ") + condition);
  }
  std::int64_t in_vain() { return *sql().number("SELECT failures FROM users_guesses WHERE account_id = 0"); }

  testing::FakeHost host{testing::Options{}, "users"};
  testing::TestCall call = host.call();
  std::int64_t now = 1000 * kDay;
};

}  // namespace

TEST_CASE("addresses that are not known share one counter, and each known one has its own") {
  Database db;
  db.log_in(7, "10.0.0.1");
  for (const auto* stranger : {"10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", ""}) db.fail(7, stranger);
  CHECK_FALSE(db.is_open(7, "10.0.0.9"));
  CHECK_FALSE(db.is_open(7, ""));
  CHECK(db.is_open(7, "10.0.0.1"));
  CHECK(db.is_open(8, "10.0.0.9"));

  db.fail(7, "10.0.0.1", 5);
  CHECK_FALSE(db.is_open(7, "10.0.0.1"));
}

TEST_CASE("what is tried at a closed counter changes nothing but the row for nothing") {
  Database db;
  db.fail(7, "10.0.0.2", 5);
  const auto closed = db.look(7, "10.0.0.2").counter;
  db.fail(7, "10.0.0.2", 20);
  CHECK(db.look(7, "10.0.0.2").counter == closed);
  CHECK(db.in_vain() == 20);
  db.now = closed.closed_until_us;
  CHECK(db.is_open(7, "10.0.0.2"));
  db.fail(7, "10.0.0.2", 5);
  CHECK(db.look(7, "10.0.0.2").counter.closings == 2);
}

TEST_CASE("names that nobody has write as much and never close") {
  Database db;
  db.fail(kNobody, "10.0.0.2", 30);
  CHECK(db.in_vain() == 30);
  CHECK(db.is_open(kNobody, "10.0.0.2"));
  CHECK(db.rows("1 = 1") == 1);
}

TEST_CASE("of two failures at once none is lost, and the one behind the fifth is not counted") {
  Database db;
  const auto seen = db.look(7, "10.0.0.2");
  REQUIRE(db.guard().fail(seen, "10.0.0.2").ok());
  REQUIRE(db.guard().fail(seen, "10.0.0.2").ok());  // both saw no row
  CHECK(db.look(7, "10.0.0.2").counter.failures == 2);
  db.fail(7, "10.0.0.2", 2);
  const auto at_four = db.look(7, "10.0.0.2");
  for (int i = 0; i < 10; ++i) REQUIRE(db.guard().fail(at_four, "10.0.0.2").ok());
  CHECK(db.look(7, "10.0.0.2").counter.closings == 1);
  CHECK(db.look(7, "10.0.0.2").counter.failures == 0);
  CHECK(db.in_vain() == 9);
}

TEST_CASE("a log-in clears its own counter; from a new address also the common one, and makes it known") {
  Database db;
  db.log_in(7, "10.0.0.1");
  db.fail(7, "10.0.0.2", 5);
  db.fail(7, "10.0.0.1", 3);
  db.log_in(7, "10.0.0.1");
  CHECK(db.look(7, "10.0.0.1").counter == GuessCounter{});
  CHECK_FALSE(db.is_open(7, "10.0.0.3"));  // the log-in came from a known address and says nothing about strangers

  db.log_in(7, "10.0.0.2");
  CHECK(db.is_open(7, "10.0.0.3"));
  db.fail(7, "10.0.0.3", 5);
  CHECK(db.is_open(7, "10.0.0.2"));
  db.log_in(7, "");
  CHECK(db.is_open(7, "10.0.0.3"));
  CHECK(db.rows("account_id = 7 AND network = ''") == 0);
}

TEST_CASE("an account knows the five addresses last used") {
  Database db;
  for (const auto* network : {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"}) {
    db.log_in(7, network);
    ++db.now;
  }
  db.log_in(7, "10.0.0.1");
  ++db.now;
  db.log_in(7, "10.0.0.6");
  db.fail(7, "10.0.0.99", 5);
  CHECK(db.rows("account_id = 7 AND network <> ''") == kMaxKnownNetworks);
  CHECK(db.is_open(7, "10.0.0.1"));
  CHECK_FALSE(db.is_open(7, "10.0.0.2"));
  CHECK(db.is_open(7, "10.0.0.6"));
}

TEST_CASE("an address is known for thirty days") {
  Database db;
  db.log_in(7, "10.0.0.1");
  db.now += 30 * kDay - 1;
  db.fail(7, "10.0.0.2", 5);
  CHECK(db.is_open(7, "10.0.0.1"));
  db.now += 1;
  CHECK_FALSE(db.is_open(7, "10.0.0.1"));
  db.log_in(7, "10.0.0.1");  // the old row is taken again
  CHECK(db.rows("account_id = 7 AND network = '10.0.0.1'") == 1);
  CHECK(db.is_open(7, "10.0.0.1"));
}

TEST_CASE("an operator opens all counters of one account, and known addresses stay known") {
  Database db;
  db.log_in(7, "10.0.0.1");
  db.fail(7, "10.0.0.1", 5);
  db.fail(7, "10.0.0.2", 5);
  db.fail(8, "10.0.0.2", 5);
  REQUIRE(db.guard().unlock(7).ok());
  CHECK(db.is_open(7, "10.0.0.1"));
  CHECK(db.is_open(7, "10.0.0.2"));
  CHECK_FALSE(db.is_open(8, "10.0.0.2"));
  CHECK(db.rows("account_id = 7 AND network = '10.0.0.1' AND known_us > 0") == 1);
  REQUIRE(db.guard().remove(7).ok());
  CHECK(db.rows("account_id = 7") == 0);
}

TEST_CASE("what says nothing any more is swept away, a batch at a time") {
  Database db;
  const GuessStore store(db.sql());
  const auto now = db.host.sdk().now_us();
  for (std::int64_t id = 1; id <= GuessSweeper::kBatch + 1; ++id) {
    REQUIRE(store.insert(id, {0, "", 0, {1, 0, 0, now - kDecayUs - 1}}).ok());
  }
  REQUIRE(store.insert(9001, {0, "", 0, {1, 0, 0, now - kDecayUs + 1}}).ok());
  REQUIRE(store.insert(9001, {0, "10.0.0.1", now - kKnownUs + 1, {}}).ok());
  REQUIRE(store.insert(9001, {0, "10.0.0.2", now - kKnownUs - 1, {5, 1, now, now}}).ok());
  const auto sdk = db.host.sdk();
  const GuessSweeper sweeper(sdk);
  CHECK(sweeper.sweep(*db.call) == GuessSweeper::kPauseBetweenBatchesUs);
  CHECK(sweeper.sweep(*db.call) == GuessSweeper::kIntervalUs);
  CHECK(db.rows("account_id <> 0") == 2);
  CHECK(db.rows("account_id = 0") == 1);
  CHECK(db.rows("network = '10.0.0.2'") == 0);
}
