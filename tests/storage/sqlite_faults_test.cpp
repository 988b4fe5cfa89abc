// SQLite while another process holds its lock, and commits that are on disk.
#include "storage/scratch.h"

#include <sqlite3.h>

#include <atomic>
#include <thread>

using namespace nexus;
using namespace nexus::test;
using namespace std::chrono_literals;

namespace {

struct LockedDatabase {
  ScratchFolder folder;
  std::string path = folder.path() + "/panel.db";
  std::unique_ptr<storage::Database> database = open("sqlite://" + path);
  sqlite3* other = nullptr;

  LockedDatabase() {
    exec(*database, "CREATE TABLE t (i INTEGER)");
    exec(*database, "INSERT INTO t VALUES (1)");
    REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
    lock("BEGIN IMMEDIATE");
  }
  ~LockedDatabase() { sqlite3_close(other); }
  void lock(const char* sql) { REQUIRE(sqlite3_exec(other, sql, nullptr, nullptr, nullptr) == SQLITE_OK); }
};

}  // namespace

TEST_CASE("a write waits for another process's lock and then answers busy; reads go on") {
  LockedDatabase locked;
  std::atomic<bool> stop{false};
  std::atomic<int> reads{0};
  std::atomic<int> failed_reads{0};
  std::thread reader([&] {
    while (!stop) {
      ++reads;
      if (!locked.database->query("SELECT i FROM t", {}, false, in(1s)).ok()) ++failed_reads;
      std::this_thread::sleep_for(5ms);
    }
  });
  SUBCASE("a statement") {
    const double taken = seconds_of(
        [&] { CHECK(locked.database->exec("INSERT INTO t VALUES (2)", {}, soon()).error().status() == Status::busy); });
    CHECK(taken > 2.8);
    CHECK(taken < 3.5);
  }
  SUBCASE("a transaction") {
    const double taken = seconds_of([&] { CHECK(locked.database->begin(soon()).error().status() == Status::busy); });
    CHECK(taken > 2.8);
    CHECK(taken < 3.5);
  }
  SUBCASE("the caller's deadline, if that is earlier") {
    const double taken = seconds_of([&] { CHECK_FALSE(locked.database->begin(in(200ms)).ok()); });
    CHECK(taken < 1.0);
  }
  SUBCASE("several writers wait no longer than one") {
    const double taken = seconds_of([&] {
      std::vector<std::thread> writers;
      for (int count = 0; count < 3; ++count) {
        writers.emplace_back([&] { CHECK_FALSE(locked.database->exec("DELETE FROM t", {}, soon()).ok()); });
      }
      for (std::thread& writer : writers) writer.join();
    });
    CHECK(taken < 3.6);
  }
  stop = true;
  reader.join();
  CHECK(reads > 10);
  CHECK(failed_reads == 0);
  locked.lock("COMMIT");
  exec(*locked.database, "INSERT INTO t VALUES (2)");
}

TEST_CASE("a lock that is given up in time is not seen by the writer") {
  LockedDatabase locked;
  std::thread other([&] {
    std::this_thread::sleep_for(300ms);
    locked.lock("COMMIT");
  });
  exec(*locked.database, "INSERT INTO t VALUES (2)");
  other.join();
  CHECK(number(*locked.database, "SELECT count(*) FROM t") == 2);
}

TEST_CASE("a file that is no database is refused with a reason") {
  ScratchFolder folder;
  const std::string path = folder.path() + "/text";
  FILE* file = fopen(path.c_str(), "w");
  REQUIRE(file != nullptr);
  for (int line = 0; line < 100; ++line) fputs("this is no database, only a long text about nothing\n", file);
  fclose(file);
  storage::DatabaseOptions options;
  options.url = "sqlite://" + path;
  const auto refused = storage::Database::open(options);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().status() == Status::unavailable);
  CHECK(refused.error().reason().find("not a database") != std::string::npos);
}
