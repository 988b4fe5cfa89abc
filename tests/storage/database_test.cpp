// Queries, transactions, errors and waits, on both engines.
#include "storage/engines.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

using namespace nexus;
using namespace nexus::test;
using namespace std::chrono_literals;
using storage::Dialect;

namespace {

template <class Engine>
struct People {
  Engine engine;
  std::unique_ptr<storage::Database> database = open(engine.url);
  People() {
    const bool sqlite = database->dialect() == Dialect::sqlite;
    exec(*database, std::string("CREATE TABLE people (id INTEGER PRIMARY KEY ") + (sqlite ? "" : "AUTO_INCREMENT") +
                        ", name VARCHAR(40) NOT NULL UNIQUE)");
    exec(*database, "CREATE TABLE keys_of (person INTEGER NOT NULL, FOREIGN KEY (person) REFERENCES people (id))");
  }
  storage::ExecResult add(const char* name) {
    return exec(*database, "INSERT INTO people (name) VALUES (?)", {to_value(std::string_view(name))});
  }
  void add_many(int count) {
    auto change = database->begin(soon());
    REQUIRE(change.ok());
    for (int at = 0; at < count; ++at) {
      const std::string name = "person " + std::to_string(at);
      exec(**change, "INSERT INTO people (name) VALUES (?)", {to_value(std::string_view(name))});
    }
    REQUIRE((*change)->commit().ok());
  }
  std::int64_t count() { return number(*database, "SELECT count(*) FROM people"); }
};

}  // namespace

TEST_CASE_TEMPLATE("a statement tells how many rows it matched and the key it made", Engine, SqliteEngine,
                   MariadbEngine) {
  People<Engine> people;
  CHECK(people.add("ada").last_id == 1);
  const auto second = people.add("bob");
  CHECK(second.last_id == 2);
  CHECK(second.affected == 1);
  const auto same = exec(*people.database, "UPDATE people SET name = name");
  CHECK(same.affected == 2);  // matched, although nothing changed
  CHECK(same.last_id == 0);
  CHECK(exec(*people.database, "DELETE FROM people WHERE id = 99").affected == 0);
  CHECK(exec(*people.database, "CREATE TABLE other (id INTEGER)").affected == 0);
}

TEST_CASE_TEMPLATE("rows come in bounded batches, in order, with their columns", Engine, SqliteEngine, MariadbEngine) {
  People<Engine> people;
  people.add_many(1000);
  auto rows = people.database->query("SELECT id, name FROM people ORDER BY id", {}, false, soon());
  REQUIRE(rows.ok());
  CHECK((*rows)->columns() == std::vector<std::string>{"id", "name"});
  std::int64_t next = 1;
  int batches = 0;
  for (;;) {
    auto cells = (*rows)->fetch();
    REQUIRE(cells.ok());
    if (cells->empty()) break;
    ++batches;
    CHECK(cells->size() <= 256 * 2);
    for (std::size_t at = 0; at < cells->size(); at += 2) CHECK((*cells)[at].u.i == next++);
  }
  CHECK(next == 1001);
  CHECK(batches == 4);
}

TEST_CASE_TEMPLATE("parameters are only borrowed until the query returns", Engine, SqliteEngine, MariadbEngine) {
  People<Engine> people;
  people.add_many(1000);
  std::string pattern = "person %";
  auto rows = people.database->query("SELECT id FROM people WHERE name LIKE ?",
                                     Values{to_value(std::string_view(pattern))}, false, soon());
  REQUIRE(rows.ok());
  std::fill(pattern.begin(), pattern.end(), 'x');
  std::size_t seen = 0;
  for (;;) {
    auto cells = (*rows)->fetch();
    REQUIRE(cells.ok());
    if (cells->empty()) break;
    seen += cells->size();
  }
  CHECK(seen == 1000);
}

TEST_CASE_TEMPLATE("rows dropped half way leave a database that works", Engine, SqliteEngine, MariadbEngine) {
  People<Engine> people;
  people.add_many(2000);
  for (int round = 0; round < 10; ++round) {
    auto rows = people.database->query("SELECT * FROM people", {}, false, soon());
    REQUIRE(rows.ok());
    REQUIRE((*rows)->fetch().ok());
  }
  CHECK(people.count() == 2000);
}

TEST_CASE_TEMPLATE("a transaction reads, writes and nests rows while they are open", Engine, SqliteEngine,
                   MariadbEngine) {
  People<Engine> people;
  people.add_many(600);
  auto change = people.database->begin(soon());
  REQUIRE(change.ok());
  auto outer = (*change)->query("SELECT id FROM people ORDER BY id", {});
  REQUIRE(outer.ok());
  std::size_t seen = 0;
  for (;;) {
    auto cells = (*outer)->fetch();
    REQUIRE(cells.ok());
    if (cells->empty()) break;
    seen += cells->size();
    auto inner = (*change)->query("SELECT id FROM people ORDER BY id", {});  // the same text, while the other is open
    REQUIRE(inner.ok());
    CHECK((*(*inner)->fetch())[0].u.i == 1);
    exec(**change, "UPDATE people SET name = name WHERE id = 1");
  }
  CHECK(seen == 600);
  outer->reset();
  REQUIRE((*change)->commit().ok());
}

TEST_CASE_TEMPLATE("one statement serves outside and inside transactions in turn", Engine, SqliteEngine,
                   MariadbEngine) {
  People<Engine> people;
  people.add("ada");
  const std::string_view find = "SELECT name FROM people WHERE id = ?";
  const auto found = [&](auto&& rows) { return rows.ok() && (*rows)->fetch().ok(); };
  for (int turn = 0; turn < 3; ++turn) {
    // Every connection of the pool has run it outside before one of them runs it inside.
    std::vector<std::unique_ptr<storage::Rows>> held;
    for (unsigned reader = 0; reader < 4; ++reader) {
      auto rows = people.database->query(find, std::array{to_value(std::int64_t{1})}, false, soon());
      REQUIRE(found(rows));
      held.push_back(std::move(*rows));
    }
    held.clear();
    auto change = people.database->begin(soon());
    REQUIRE(change.ok());
    CHECK(found((*change)->query(find, std::array{to_value(std::int64_t{1})})));
    CHECK((*change)->commit().ok());
  }
}

TEST_CASE_TEMPLATE("a transaction that is not committed leaves nothing", Engine, SqliteEngine, MariadbEngine) {
  People<Engine> people;
  {
    auto change = people.database->begin(soon());
    REQUIRE(change.ok());
    exec(**change, "INSERT INTO people (name) VALUES ('ada')");
  }
  CHECK(people.count() == 0);
  auto change = people.database->begin(soon());
  exec(**change, "INSERT INTO people (name) VALUES ('ada')");
  (*change)->rollback();
  CHECK((*change)->exec("INSERT INTO people (name) VALUES ('bob')", {}).error().status() == Status::stale);
  CHECK_FALSE((*change)->commit().ok());
  CHECK(people.count() == 0);
}

TEST_CASE_TEMPLATE("unique and foreign keys answer conflict, and the transaction goes on", Engine, SqliteEngine,
                   MariadbEngine) {
  People<Engine> people;
  people.add("ada");
  auto change = people.database->begin(soon());
  REQUIRE(change.ok());
  CHECK((*change)->exec("INSERT INTO people (name) VALUES ('ada')", {}).error().status() == Status::conflict);
  CHECK((*change)->exec("INSERT INTO people (id, name) VALUES (1, 'x')", {}).error().status() == Status::conflict);
  CHECK((*change)->exec("INSERT INTO keys_of (person) VALUES (7)", {}).error().status() == Status::conflict);
  exec(**change, "INSERT INTO keys_of (person) VALUES (1)");
  CHECK((*change)->exec("DELETE FROM people WHERE id = 1", {}).error().status() == Status::conflict);
  REQUIRE((*change)->commit().ok());
  CHECK(number(*people.database, "SELECT count(*) FROM keys_of") == 1);
}

TEST_CASE_TEMPLATE("wrong SQL is an internal error with a reason", Engine, SqliteEngine, MariadbEngine) {
  People<Engine> people;
  for (const char* sql : {"SELEC 1", "SELECT * FROM nowhere", "SELECT ?", "", "INSERT INTO people (name) VALUES (NULL)",
                          "SELECT 1; SELECT 2"}) {
    CAPTURE(sql);
    const auto done = people.database->exec(sql, {}, soon());
    REQUIRE_FALSE(done.ok());
    CHECK(done.error().status() == Status::internal);
    CHECK_FALSE(done.error().reason().empty());
  }
  CHECK(people.count() == 0);
}

TEST_CASE_TEMPLATE("a statement that is longer than its deadline is ended", Engine, SqliteEngine, MariadbEngine) {
  People<Engine> people;
  people.add_many(400);
  const char* endless =
      "SELECT count(*) FROM people a, people b, people c, people d WHERE a.id + b.id + c.id + d.id < 0";
  const double taken = seconds_of([&] {
    const auto rows = people.database->query(endless, {}, false, in(300ms));
    REQUIRE_FALSE(rows.ok());
    CAPTURE(rows.error().reason());
    CHECK(rows.error().status() == Status::timeout);
  });
  CHECK(taken > 0.2);
  CHECK(taken < 2.0);
  CHECK(people.count() == 400);  // the next use has a deadline of its own
}

TEST_CASE_TEMPLATE("when every connection is in use a lease answers busy after its time-out", Engine, SqliteEngine,
                   MariadbEngine) {
  Engine engine;
  storage::DatabaseOptions options;
  options.url = engine.url;
  options.readers = 2;
  auto database = open(options);
  auto one = database->query("SELECT 1", {}, false, soon());
  auto two = database->query("SELECT 1", {}, false, soon());
  REQUIRE(two.ok());
  Status status = Status::ok;
  const double taken = seconds_of([&] { status = database->ping(soon()).error().status(); });
  CHECK(status == Status::busy);
  CHECK(taken > 2.8);
  CHECK(taken < 3.5);
  // The caller's deadline, if that is earlier.
  const double short_wait = seconds_of([&] { CHECK_FALSE(database->ping(in(200ms)).ok()); });
  CHECK(short_wait < 1.0);
  one->reset();
  CHECK(database->ping(soon()).ok());
}

TEST_CASE_TEMPLATE("a waiting lease gets the connection that comes back", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  storage::DatabaseOptions options;
  options.url = engine.url;
  options.readers = 1;
  auto database = open(options);
  auto rows = database->query("SELECT 1", {}, false, soon());
  std::thread other([&] {
    std::this_thread::sleep_for(100ms);
    rows->reset();
  });
  const double taken = seconds_of([&] { CHECK(database->ping(soon()).ok()); });
  other.join();
  CHECK(taken < 1.0);
}

TEST_CASE_TEMPLATE("many threads read and write at the same time", Engine, SqliteEngine, MariadbEngine) {
  People<Engine> people;
  constexpr int kThreads = 6;
  constexpr int kRounds = 60;
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int round = 0; round < kRounds; ++round) {
        const std::string name = std::to_string(thread) + "/" + std::to_string(round);
        const Values args = {to_value(std::string_view(name))};
        if (!people.database->exec("INSERT INTO people (name) VALUES (?)", args, soon()).ok()) ++failures;
        auto rows = people.database->query("SELECT id FROM people WHERE name = ?", args, false, soon());
        if (!rows.ok() || (*rows)->fetch()->size() != 1) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(people.count() == kThreads * kRounds);
}

TEST_CASE_TEMPLATE("more statements than the cache holds all work, again and again", Engine, SqliteEngine,
                   MariadbEngine) {
  Engine engine;
  auto database = open(engine.url);
  for (int round = 0; round < 2; ++round) {
    for (int at = 0; at < 300; ++at) CHECK(number(*database, "SELECT " + std::to_string(at)) == at);
  }
}

TEST_CASE_TEMPLATE("a changed table is seen by statements prepared before", Engine, SqliteEngine, MariadbEngine) {
  People<Engine> people;
  people.add("ada");
  const auto width = [&] {
    auto rows = people.database->query("SELECT * FROM people", {}, false, soon());
    CAPTURE((rows.ok() ? "" : rows.error().reason()));
    REQUIRE(rows.ok());
    const auto cells = (*rows)->fetch();
    REQUIRE(cells.ok());
    CHECK(cells->size() == (*rows)->columns().size());
    return (*rows)->columns().size();
  };
  CHECK(width() == 2);
  exec(*people.database, "ALTER TABLE people ADD COLUMN email VARCHAR(40)");
  CHECK(width() == 3);
}

TEST_CASE_TEMPLATE("a schema change inside a transaction is atomic or refused", Engine, SqliteEngine, MariadbEngine) {
  People<Engine> people;
  auto change = people.database->begin(soon());
  REQUIRE(change.ok());
  const auto altered = (*change)->exec("ALTER TABLE people ADD COLUMN email VARCHAR(40)", {});
  if (people.database->dialect() == Dialect::sqlite) {
    CHECK(altered.ok());
  } else {
    // MySQL commits by itself: what follows would not be part of a transaction.
    CHECK(altered.error().status() == Status::internal);
    CHECK((*change)->exec("DELETE FROM people", {}).error().status() == Status::stale);
  }
}

TEST_CASE("MariaDB sessions are strict, in UTC and send no local files") {
  MariadbEngine engine;
  auto database = open(engine.url);
  auto rows = database->query("SELECT @@sql_mode, @@time_zone, @@character_set_client, @@max_statement_time", {}, false,
                              soon());
  REQUIRE(rows.ok());
  const auto cells = *(*rows)->fetch();
  CHECK(view(cells[0].u.s).find("STRICT_ALL_TABLES") != std::string_view::npos);
  CHECK(view(cells[1].u.s) == "+00:00");
  CHECK(view(cells[2].u.s) == "utf8mb4");
  rows->reset();
  exec(*database, "CREATE TABLE text_lines (line TEXT)");
  const auto load = database->exec("LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE text_lines", {}, soon());
  CHECK_FALSE(load.ok());
  CHECK(number(*database, "SELECT count(*) FROM text_lines") == 0);
}

TEST_CASE("MariaDB lock waits and deadlocks answer busy") {
  People<MariadbEngine> people;
  people.add("ada");
  auto holder = people.database->begin(soon());
  exec(**holder, "UPDATE people SET name = 'eve' WHERE id = 1");
  const double taken = seconds_of([&] {
    const auto blocked = people.database->exec("UPDATE people SET name = 'bob' WHERE id = 1", {}, soon());
    REQUIRE_FALSE(blocked.ok());
    CHECK(blocked.error().status() == Status::busy);
  });
  CHECK(taken < 3.5);
}

TEST_CASE("a SQLite database is private, durable and checks foreign keys") {
  SqliteEngine engine;
  auto database = open(engine.url);
  struct stat file {};
  REQUIRE(stat((engine.folder.path() + "/panel.db").c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  REQUIRE(stat((engine.folder.path() + "/panel.db-wal").c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0600);
  for (const bool writer : {false, true}) {
    const auto pragma = [&](const char* name) {
      auto rows = database->query(std::string("PRAGMA ") + name, {}, writer, soon());
      REQUIRE(rows.ok());
      return (*(*rows)->fetch())[0].u.i;
    };
    CHECK(pragma("synchronous") == 2);  // FULL: the log is synced before a commit returns
    CHECK(pragma("foreign_keys") == 1);
    CHECK(pragma("query_only") == (writer ? 0 : 1));
  }
  // A query that writes but does not say so is refused, and harmless.
  exec(*database, "CREATE TABLE t (i INTEGER)");
  CHECK_FALSE(database->query("INSERT INTO t VALUES (1) RETURNING i", {}, false, soon()).ok());
  CHECK(database->query("INSERT INTO t VALUES (1) RETURNING i", {}, true, soon()).ok());
  CHECK(number(*database, "SELECT count(*) FROM t") == 1);
}

TEST_CASE("odd SQLite paths open") {
  ScratchFolder folder;
  for (const char* name : {"a%3Db", "two%20words%20and more", "%E4%B8%AD"}) {
    auto database = open("sqlite://" + folder.path() + "/" + name);
    CHECK(database->ping(soon()).ok());
  }
  CHECK(std::filesystem::exists(folder.path() + "/a=b"));
  CHECK(std::filesystem::exists(folder.path() + "/two words and more"));
}

TEST_CASE("a database that cannot be opened says which and why, without the password") {
  storage::DatabaseOptions options;
  options.url = "mysql://panel:s3cret@127.0.0.1:1/panel";
  auto refused = storage::Database::open(options);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().status() == Status::unavailable);
  CHECK(refused.error().reason().find("mysql://panel@127.0.0.1:1/panel") != std::string::npos);
  CHECK(refused.error().reason().find("s3cret") == std::string::npos);
  options.url = "sqlite:///nowhere/at/all.db";
  CHECK(storage::Database::open(options).error().status() == Status::unavailable);
}
