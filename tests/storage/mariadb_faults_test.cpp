// A MariaDB server that is killed, frozen, restarted or cuts connections, under a steady load of requests.
#include "storage/scratch.h"
#include "support/mariadb_server.h"

#include <atomic>
#include <mutex>
#include <thread>

using namespace nexus;
using namespace nexus::test;
using namespace std::chrono_literals;
using storage::Clock;

namespace {

// Several threads that read and write for ever, like workers of a panel; keeps what each request met.
class Load {
 public:
  struct Outcome {
    Status status = Status::ok;
    Clock::time_point begun;
    double seconds = 0;
  };

  explicit Load(storage::Database& database) : database_(database) {
    for (int thread = 0; thread < kThreads; ++thread) threads_.emplace_back([this] { run(); });
  }
  ~Load() { stop(); }
  void stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
      if (thread.joinable()) thread.join();
    }
  }
  std::vector<Outcome> since(Clock::time_point start) {
    const std::lock_guard lock(mutex_);
    std::vector<Outcome> found;
    for (const Outcome& outcome : outcomes_) {
      if (outcome.begun >= start) found.push_back(outcome);
    }
    return found;
  }
  std::int64_t acknowledged() const { return acknowledged_; }

 private:
  static constexpr int kThreads = 6;

  void run() {
    while (!stopping_) {
      Outcome outcome;
      outcome.begun = Clock::now();
      auto written = database_.exec("INSERT INTO t (i) VALUES (?)", Values{to_value(std::int64_t{1})}, soon());
      if (written.ok()) {
        ++acknowledged_;
        auto rows = database_.query("SELECT count(*) FROM t", {}, false, soon());
        outcome.status = rows.ok() ? Status::ok : rows.error().status();
      } else {
        outcome.status = written.error().status();
      }
      outcome.seconds = std::chrono::duration<double>(Clock::now() - outcome.begun).count();
      {
        const std::lock_guard lock(mutex_);
        outcomes_.push_back(outcome);
      }
      std::this_thread::sleep_for(20ms);
    }
  }

  storage::Database& database_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::int64_t> acknowledged_{0};
  std::mutex mutex_;
  std::vector<Outcome> outcomes_;
  std::vector<std::thread> threads_;
};

struct Panel {
  MariadbServer server;
  std::unique_ptr<storage::Database> database = open(server.create_database());
  Panel() { exec(*database, "CREATE TABLE t (i INTEGER)"); }
};

void require_all_ok(const std::vector<Load::Outcome>& outcomes) {
  REQUIRE(outcomes.size() > 20);
  for (const Load::Outcome& outcome : outcomes) CHECK(outcome.status == Status::ok);
}

// All that began since then failed as a database that is away does, and none took longer than `longest`.
void check_all_unavailable(const std::vector<Load::Outcome>& outcomes, double longest) {
  REQUIRE(outcomes.size() > 20);
  for (const Load::Outcome& outcome : outcomes) {
    CHECK(outcome.status == Status::unavailable);
    CHECK(outcome.seconds < longest);
  }
}

// The time after `start` from which every request succeeds.
double recovery_seconds(Load& load, Clock::time_point start) {
  double recovered = 0;
  for (const Load::Outcome& outcome : load.since(start)) {
    if (outcome.status == Status::ok) continue;
    recovered = std::max(recovered, std::chrono::duration<double>(outcome.begun - start).count() + outcome.seconds);
  }
  return recovered;
}

}  // namespace

TEST_CASE("a server that is killed and comes back: failures are quick, recovery is by itself") {
  Panel panel;
  Load load(*panel.database);
  const auto start = Clock::now();
  std::this_thread::sleep_for(1s);
  require_all_ok(load.since(start));
  panel.server.kill();
  const auto dead = Clock::now();
  std::this_thread::sleep_for(3s);
  check_all_unavailable(load.since(dead), 1.0);
  CHECK(panel.database->ping(soon()).error().status() == Status::unavailable);
  panel.server.start();
  const auto back = Clock::now();
  std::this_thread::sleep_for(5s);
  CHECK(recovery_seconds(load, back) < 2.0);
  require_all_ok(load.since(back + 2s));
  load.stop();
  // What was acknowledged is there; at most what was on its way is there as well.
  const auto count = number(*panel.database, "SELECT count(*) FROM t");
  CHECK(count >= load.acknowledged());
  CHECK(count <= load.acknowledged() + 6);
}

TEST_CASE("a server that hangs: every request ends within 5 s, and it is used again when it wakes") {
  Panel panel;
  Load load(*panel.database);
  std::this_thread::sleep_for(500ms);
  panel.server.freeze();
  const auto frozen = Clock::now();
  std::this_thread::sleep_for(8s);
  check_all_unavailable(load.since(frozen + 50ms), 5.0);
  panel.server.thaw();
  const auto back = Clock::now();
  std::this_thread::sleep_for(6s);
  require_all_ok(load.since(back + 4s));
}

TEST_CASE("a server that hangs in the middle of a transaction ends it, and the transaction stays ended") {
  Panel panel;
  auto change = panel.database->begin(soon());
  exec(**change, "INSERT INTO t VALUES (1)");
  panel.server.freeze();
  const double taken = seconds_of([&] {
    CHECK((*change)->exec("INSERT INTO t VALUES (2)", {}).error().status() == Status::unavailable);
    CHECK_FALSE((*change)->exec("INSERT INTO t VALUES (3)", {}).ok());
    CHECK_FALSE((*change)->commit().ok());
    change->reset();
  });
  CHECK(taken < 4.5);
  panel.server.thaw();
  std::this_thread::sleep_for(1s);
  CHECK(number(*panel.database, "SELECT count(*) FROM t") == 0);
}

TEST_CASE("sessions that the server ends while they are idle are replaced unseen") {
  Panel panel;
  REQUIRE(panel.database->ping(soon()).ok());
  const auto other = open(panel.server.url("test_1"));
  exec(*other, "KILL " + std::to_string(number(*panel.database, "SELECT CONNECTION_ID()")));
  std::this_thread::sleep_for(100ms);
  CHECK(panel.database->ping(soon()).ok());
}

TEST_CASE("a restart between two requests is not seen by the second") {
  Panel panel;
  REQUIRE(panel.database->ping(soon()).ok());
  panel.server.stop();
  panel.server.start();
  CHECK(panel.database->ping(soon()).ok());
}

TEST_CASE("rows that are dropped while the server hangs do not hold their thread") {
  Panel panel;
  exec(*panel.database, "INSERT INTO t SELECT seq FROM seq_1_to_5000");
  exec(*panel.database, "INSERT INTO t SELECT a.i FROM t a, t b LIMIT 400000");
  auto rows = panel.database->query("SELECT i FROM t", {}, false, soon());
  REQUIRE(rows.ok());
  panel.server.freeze();
  CHECK(seconds_of([&] { rows->reset(); }) < 1.0);
  panel.server.thaw();
  CHECK(panel.database->ping(soon()).ok());
}
