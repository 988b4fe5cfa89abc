// The queue, the writer and the database under it, on both databases.
#include "audit_fixture.h"
#include "flaky_database.h"

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::test;
using namespace std::chrono_literals;
using audit::Trail;
using audit::TrailOptions;

namespace {

// What the head's lock holds up, until it is let go.
class Blocked {
 public:
  explicit Blocked(const std::string& url) : database_(open(url)), transaction_(database_->begin(soon()).value()) {
    exec(*transaction_, "UPDATE host_audit_head SET id = 1 WHERE id = 1");
  }
  void release() { transaction_.reset(); }

 private:
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<storage::Transaction> transaction_;
};

}  // namespace

TEST_CASE_TEMPLATE("10,000 entries of many threads are one chain, each thread's in order, in few commits", Engine,
                   SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  FlakyDatabase counted(*world.database);
  Written written;
  Trail trail(world.lines, counted, world.master, world.folder.path(), {.patience = 60s});
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 1250; ++i) {
        auto entry = entry_named("t" + std::to_string(thread));
        entry.status = i;
        CHECK(trail.record(std::move(entry), written.callback()));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  REQUIRE(written.wait(10'000));
  CHECK(world.rows() == 10'000);  // told means on disk
  CHECK(counted.begun() < 1000);
  const auto verdict = world.verdict();
  CHECK(verdict.fault == "");
  CHECK(verdict.count() == 10'000);
  std::map<std::string, std::int64_t> next;
  for (const auto& stored : world.all()) CHECK(stored.entry.status == next[stored.entry.action]++);
  CHECK(written.count() == 10'000);
}

TEST_CASE_TEMPLATE("an entry is on disk when its answer is let go", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  const auto trail = trail_of(world);
  const auto witness = open(world.engine.url);
  Written written;
  for (int i = 1; i <= 50; ++i) {
    std::int64_t seen = 0;
    trail->record(entry_named("a"), [&, told = written.callback()] {
      seen = number(*witness, "SELECT COUNT(*) FROM host_audit");
      told();
    });
    REQUIRE(written.wait(static_cast<std::size_t>(i)));
    CHECK(seen == i);
  }
}

TEST_CASE_TEMPLATE("where the database is held up, answers go after a while, a full queue loses entries and says so",
                   Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  TrailOptions options;
  options.queue = 10;
  options.patience = 300ms;
  const auto trail = trail_of(world, options);
  Written written;
  Blocked blocked(world.engine.url);
  trail->record(entry_named("first"), written.callback());
  std::this_thread::sleep_for(100ms);  // the writer has it
  CHECK(written.count() == 0);
  const auto start = storage::Clock::now();
  for (int i = 0; i < 10; ++i) CHECK(trail->record(entry_named("waits"), written.callback()));
  CHECK(written.count() == 0);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(trail->record(entry_named("lost"), written.callback()));
  CHECK(written.count() == 5);  // at once
  CHECK(storage::Clock::now() - start < 200ms);
  REQUIRE(written.wait(16, 2s));
  CHECK(storage::Clock::now() - start < 1s);
  CHECK(world.lines.contain("audit entries are lost the queue is full 1"));
  CHECK(world.lines.contain("changes are answered before they stand in the audit trail"));
  CHECK(world.rows() == 0);

  blocked.release();
  REQUIRE(eventually([&] { return world.rows() == 12; }));
  const auto all = world.all();
  CHECK(all.front().entry.action == "first");
  CHECK(all.back().entry.action == "auditGap");
  CHECK(all.back().entry.details == R"({"lost":5})");
  CHECK(world.verdict().fault == "");
  CHECK(written.count() == 16);  // none twice
}

TEST_CASE_TEMPLATE("what waits is written when the panel stops, or given up at its deadline", Engine, SqliteEngine,
                   MariadbEngine) {
  AuditWorld<Engine> world;
  Written written;
  auto trail = trail_of(world);
  SUBCASE("in time") {
    for (int i = 0; i < 1000; ++i) trail->record(entry_named("a"), written.callback());
    trail->stop(in(20s));
    CHECK(world.rows() == 1000);
    CHECK(written.count() == 1000);
    CHECK_FALSE(trail->record(entry_named("late"), written.callback()));
    CHECK(written.count() == 1001);
  }
  SUBCASE("not in time") {
    const Blocked blocked(world.engine.url);
    for (int i = 0; i < 10; ++i) trail->record(entry_named("a"), written.callback());
    const auto start = storage::Clock::now();
    trail->stop(in(500ms));
    CHECK(storage::Clock::now() - start < 6s);  // one attempt that had begun
    CHECK(written.count() == 10);
    CHECK(world.lines.contain("audit entries are lost the panel stops 10"));
  }
}

TEST_CASE_TEMPLATE("two processes write one chain", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  const auto second_database = open(world.engine.url);
  const auto first = trail_of(world);
  Trail second(world.lines, *second_database, world.master, world.folder.path());
  Written written;
  std::thread other([&] {
    for (int i = 0; i < 500; ++i) second.record(entry_named("second"), written.callback());
  });
  for (int i = 0; i < 500; ++i) {
    first->record(entry_named("first"), written.callback());
    if (i % 50 == 0) std::this_thread::sleep_for(5ms);
  }
  other.join();
  REQUIRE(written.wait(1000));
  REQUIRE(eventually([&] { return world.rows() == 1000; }));
  CHECK(world.verdict().fault == "");
  CHECK_FALSE(world.lines.contain("somebody has changed"));
}

TEST_CASE_TEMPLATE("a commit of which the answer was lost is not done twice", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  FlakyDatabase flaky(*world.database);
  Trail trail(world.lines, flaky, world.master, world.folder.path(), {.first_pause = 10ms});
  Written written;
  flaky.lose_answers(2);  // both took place
  for (int i = 0; i < 3; ++i) {
    trail.record(entry_named("a"), written.callback());
    REQUIRE(written.wait(static_cast<std::size_t>(i) + 1));
  }
  flaky.fail_commits(3);  // none took place
  trail.record(entry_named("b"), written.callback());
  REQUIRE(written.wait(4));
  REQUIRE(eventually([&] { return world.rows() == 4; }));
  std::this_thread::sleep_for(100ms);
  CHECK(world.rows() == 4);
  CHECK(world.verdict().fault == "");
  CHECK(world.lines.contain("the audit trail is written again"));
}

TEST_CASE("an entry that the database never takes does not hold up the others") {
  AuditWorld<SqliteEngine> world;
  exec(*world.database,
       "CREATE TRIGGER poison BEFORE INSERT ON host_audit WHEN new.action = 'poison' BEGIN SELECT RAISE(ABORT, 'no'); "
       "END");
  const auto trail = trail_of(world);
  Written written;
  Blocked blocked(world.engine.url);  // so that they are one batch
  for (int i = 0; i < 10; ++i) trail->record(entry_named(i == 4 ? "poison" : "a"), written.callback());
  blocked.release();
  REQUIRE(written.wait(10, 10s));
  REQUIRE(eventually([&] { return world.rows() == 9; }));
  trail->record(entry_named("later"), written.callback());
  REQUIRE(eventually([&] { return world.rows() == 11; }));
  CHECK(world.all().back().entry.action == "auditGap");
  CHECK(world.verdict().fault == "");
}

TEST_CASE("a MariaDB that dies and comes back gets what has waited") {
  MariadbServer server;
  const auto url = server.create_database();
  const auto database = open(url);
  AuditWorld<SqliteEngine>::migrate(*database);
  const ScratchFolder folder;
  Lines lines;
  const auto master = core::MasterKey::open(folder.path() + "/master.key", true).value();
  Trail trail(lines, *database, master, folder.path(), {.patience = 500ms, .longest_pause = 200ms});
  Written written;
  std::size_t sent = 0;
  const auto send = [&](int count) {
    for (int i = 0; i < count; ++i, ++sent) trail.record(entry_named("a"), written.callback());
  };
  send(20);
  REQUIRE(written.wait(20));
  server.kill();
  send(20);
  REQUIRE(written.wait(40, 2s));
  server.start();
  REQUIRE(eventually([&] {
    const auto rows = database->query("SELECT COUNT(*) FROM host_audit", {}, false, soon());
    if (!rows.ok()) return false;
    const auto cells = (*rows)->fetch();
    return cells.ok() && cells->size() == 1 && (*cells)[0].u.i == 40;
  }));
  server.freeze();
  const auto start = storage::Clock::now();
  send(20);
  REQUIRE(written.wait(60, 2s));
  CHECK(storage::Clock::now() - start > 400ms);
  server.thaw();
  send(1);
  REQUIRE(eventually([&] { return number(*database, "SELECT COUNT(*) FROM host_audit") == 61; }));
  const auto verdict = audit::verify(*database, audit::Chain(master), *audit::HeadFile::read(folder.path())).value();
  CHECK(verdict.fault == "");
  CHECK(verdict.count() == 61);
}
