// Schema steps on both engines, and what a step that was cut off leaves on MariaDB.
#include "storage/engines.h"

#include <nexus/storage/migrations.h>

#include <atomic>
#include <thread>

using namespace nexus;
using namespace nexus::test;
using storage::Migration;
using storage::Migrator;
using Steps = std::vector<Migration>;

namespace {

Steps steps() {
  return {{1, "people",
           "CREATE TABLE demo_people (id INTEGER PRIMARY KEY, name VARCHAR(40)); -- two; statements\n"
           "INSERT INTO demo_people VALUES (1, 'a;b');",
           "DROP TABLE demo_people"},
          {2, "email", "ALTER TABLE demo_people ADD COLUMN email VARCHAR(80)",
           "ALTER TABLE demo_people DROP COLUMN email"}};
}

Migrator migrator(storage::Database& database) {
  auto made = Migrator::open(database);
  if (!made.ok()) throw std::runtime_error(made.error().reason());
  return *made;
}

std::size_t applied(storage::Database& database) { return migrator(database).history("demo")->size(); }

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE_TEMPLATE("steps are applied once, in order, and remembered", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  auto database = open(engine.url);
  auto changes = migrator(*database);
  REQUIRE(changes.migrate("demo", {steps()[0]}).ok());
  REQUIRE(changes.migrate("demo", steps()).ok());
  REQUIRE(changes.migrate("demo", steps()).ok());
  const auto history = changes.history("demo");
  REQUIRE(history.ok());
  REQUIRE(history->size() == 2);
  CHECK((*history)[0].name == "people");
  CHECK((*history)[0].checksum.size() == 64);
  CHECK((*history)[1].version == 2);
  CHECK((*history)[1].applied_us > 1'700'000'000'000'000);
  CHECK(number(*database, "SELECT count(*) FROM demo_people WHERE name = 'a;b' AND email IS NULL") == 1);
  CHECK(number(*database, "SELECT count(*) FROM nexus_migration_statements WHERE done = 1") == 3);
  CHECK(changes.history("other")->empty());
}

TEST_CASE_TEMPLATE("steps are reverted, and applied again", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  auto database = open(engine.url);
  auto changes = migrator(*database);
  for (int round = 0; round < 2; ++round) {
    REQUIRE(changes.migrate("demo", steps()).ok());
    REQUIRE(changes.revert("demo", steps(), 1).ok());
    CHECK(applied(*database) == 1);
    CHECK_FALSE(database->exec("UPDATE demo_people SET email = 'x'", {}, soon()).ok());
    REQUIRE(changes.revert("demo", steps(), 0).ok());
    CHECK(applied(*database) == 0);
    CHECK_FALSE(database->exec("DELETE FROM demo_people", {}, soon()).ok());
  }
  CHECK(number(*database, "SELECT count(*) FROM nexus_migration_statements") == 0);
}

TEST_CASE_TEMPLATE("a gap, a changed text and a newer database stop before any change", Engine, SqliteEngine,
                   MariadbEngine) {
  Engine engine;
  auto database = open(engine.url);
  auto changes = migrator(*database);
  CHECK(contains(changes.migrate("demo", {steps()[1]}).error().reason(), "version 1 is missing"));
  REQUIRE(changes.migrate("demo", {steps()[0]}).ok());
  const std::string was = (*changes.history("demo"))[0].checksum;
  auto changed = steps();
  changed[0].up += " ";
  const auto refused = changes.migrate("demo", changed);
  REQUIRE_FALSE(refused.ok());
  CHECK(contains(refused.error().reason(), was));
  CHECK(contains(refused.error().reason(), "is now"));
  CHECK(applied(*database) == 1);
  REQUIRE(changes.migrate("demo", steps()).ok());
  CHECK(contains(changes.migrate("demo", {steps()[0]}).error().reason(), "the database is at version 2"));
}

TEST_CASE_TEMPLATE("a step with a mistake is named, and goes on when it is mended", Engine, SqliteEngine,
                   MariadbEngine) {
  Engine engine;
  auto database = open(engine.url);
  auto changes = migrator(*database);
  Steps wrong = {{1, "two", "CREATE TABLE demo_one (id INTEGER); CREATE TABL demo_two (id INTEGER)", ""}};
  for (int round = 0; round < 2; ++round) {
    const auto failed = changes.migrate("demo", wrong);
    REQUIRE_FALSE(failed.ok());
    CHECK(contains(failed.error().reason(), "demo, version 1 (two), statement 2"));
  }
  CHECK(applied(*database) == 0);
  wrong[0].up = "CREATE TABLE demo_one (id INTEGER); CREATE TABLE demo_two (id INTEGER)";
  REQUIRE(changes.migrate("demo", wrong).ok());
  CHECK(number(*database, "SELECT count(*) FROM demo_two") == 0);
}

TEST_CASE_TEMPLATE("a table that is in the way is an error at every start", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  auto database = open(engine.url);
  auto changes = migrator(*database);
  exec(*database, "CREATE TABLE demo_people (something INTEGER)");
  CHECK_FALSE(changes.migrate("demo", steps()).ok());
  CHECK_FALSE(changes.migrate("demo", steps()).ok());
}

TEST_CASE_TEMPLATE("triggers with bodies", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  auto database = open(engine.url);
  auto changes = migrator(*database);
  const Steps with_trigger = {
      {1, "trigger",
       "CREATE TABLE demo_a (id INTEGER); CREATE TABLE demo_b (id INTEGER);"
       "CREATE TRIGGER demo_copy AFTER INSERT ON demo_a FOR EACH ROW BEGIN INSERT INTO demo_b VALUES (NEW.id); "
       "INSERT INTO demo_b VALUES (CASE WHEN NEW.id > 0 THEN 1 ELSE 0 END); END;",
       ""}};
  REQUIRE(changes.migrate("demo", with_trigger).ok());
  exec(*database, "INSERT INTO demo_a VALUES (5)");
  CHECK(number(*database, "SELECT sum(id) FROM demo_b") == 6);
}

TEST_CASE_TEMPLATE("two at once exclude each other: each step runs once", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  auto first = open(engine.url);
  auto second = open(engine.url);
  std::atomic<int> failures{0};
  const auto run = [&](storage::Database& database) {
    auto changes = Migrator::open(database);
    if (!changes.ok() || !changes->migrate("demo", steps()).ok()) ++failures;
  };
  std::thread other([&] { run(*second); });
  run(*first);
  other.join();
  CHECK(failures == 0);
  CHECK(applied(*first) == 2);
  CHECK(number(*first, "SELECT count(*) FROM demo_people") == 1);
}

TEST_CASE("SQLite takes a failed step back as a whole") {
  SqliteEngine engine;
  auto database = open(engine.url);
  auto changes = migrator(*database);
  CHECK_FALSE(changes.migrate("demo", {{1, "half", "CREATE TABLE demo_x (i INTEGER); NONSENSE", ""}}).ok());
  CHECK_FALSE(database->exec("SELECT * FROM demo_x", {}, soon()).ok());
}

TEST_CASE("on MariaDB a step that was cut off goes on behind its last statement") {
  MariadbEngine engine;
  auto database = open(engine.url);
  auto changes = migrator(*database);
  // As the death of a process leaves it: step 1 wholly done but not in the history, its second statement once.
  REQUIRE(changes.migrate("demo", {steps()[0]}).ok());
  exec(*database, "DELETE FROM nexus_migrations");
  SUBCASE("all statements are recorded: none runs again") {}
  SUBCASE("the last one is recorded as begun and did not happen") {
    exec(*database, "UPDATE nexus_migration_statements SET done = 0 WHERE position = 2");
    exec(*database, "DELETE FROM demo_people");
  }
  SUBCASE("a schema change is recorded as begun and did happen") {
    exec(*database, "DELETE FROM demo_people");
    exec(*database, "DELETE FROM nexus_migration_statements WHERE position = 2");
    exec(*database, "UPDATE nexus_migration_statements SET done = 0 WHERE position = 1");
  }
  REQUIRE(changes.migrate("demo", steps()).ok());
  CHECK(applied(*database) == 2);
  CHECK(number(*database, "SELECT count(*) FROM demo_people") == 1);
  CHECK(number(*database, "SELECT count(*) FROM nexus_migration_statements WHERE done = 0") == 0);
}

TEST_CASE("on MariaDB the text behind which a step was cut off must not change") {
  MariadbEngine engine;
  auto database = open(engine.url);
  auto changes = migrator(*database);
  REQUIRE(changes.migrate("demo", {steps()[0]}).ok());
  exec(*database, "DELETE FROM nexus_migrations");
  auto changed = steps();
  changed[0].up = "CREATE TABLE demo_people (id INTEGER PRIMARY KEY); INSERT INTO demo_people VALUES (1)";
  const auto refused = changes.migrate("demo", changed);
  REQUIRE_FALSE(refused.ok());
  CHECK(contains(refused.error().reason(), "statement 1 has changed since the step was cut off"));
}

TEST_CASE("on MariaDB a step that was cut off on its way down is finished downwards first") {
  MariadbEngine engine;
  auto database = open(engine.url);
  auto changes = migrator(*database);
  REQUIRE(changes.migrate("demo", steps()).ok());
  exec(*database,
       "INSERT INTO nexus_migration_statements SELECT owner, version, 'down', position, checksum, 0, 1 "
       "FROM nexus_migration_statements WHERE version = 2");
  CHECK(contains(changes.migrate("demo", steps()).error().reason(), "cut off on its way down"));
  REQUIRE(changes.revert("demo", steps(), 1).ok());
  REQUIRE(changes.migrate("demo", steps()).ok());
  CHECK(applied(*database) == 2);
}
