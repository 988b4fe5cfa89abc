// Every way to change the trail behind the panel's back is found, on both databases.
#include "audit_fixture.h"

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::test;

namespace {

bool says(const audit::Verdict& verdict, std::string_view text) {
  const bool found = verdict.fault.find(text) != std::string::npos;
  if (!found) MESSAGE("the verdict is: " << verdict.fault);
  return found;
}

Values values(std::initializer_list<nx_value> list) { return list; }

}  // namespace

TEST_CASE_TEMPLATE("a trail that nobody has touched is unbroken", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  auto verdict = world.verdict();
  CHECK(verdict.fault == "");
  CHECK(verdict.count() == 0);
  world.fill(2500);  // more than one batch
  verdict = world.verdict();
  CHECK(verdict.fault == "");
  CHECK(verdict.first == 1);
  CHECK(verdict.last == 2500);
}

TEST_CASE_TEMPLATE("a changed column is found, whichever it is", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  world.fill(5);
  world.disarm();
  std::vector<std::string> changes;
  for (const auto& column : audit::kNumberColumns) changes.push_back(std::string(column.name) + " = 1");
  for (const auto& column : audit::kTextColumns) changes.push_back(std::string(column.name) + " = 'x'");
  changes.emplace_back("hash = X'00'");
  const auto original = world.all().at(2);
  for (const auto& change : changes) {
    CAPTURE(change);
    world.tamper("UPDATE host_audit SET " + change + " WHERE sequence = 3");
    const auto verdict = world.verdict();
    CHECK(says(verdict, "entry 3 is not as it was written"));
    CHECK(verdict.last == 2);
    world.tamper("DELETE FROM host_audit WHERE sequence = 3");
    const auto transaction = world.database->begin(soon()).value();
    const audit::ChangingStore store(*transaction, world.database->dialect());
    REQUIRE(store.insert(original.mark, original.entry).ok());
    REQUIRE(transaction->commit().ok());
  }
  CHECK(world.verdict().fault == "");
}

TEST_CASE_TEMPLATE("a removed entry is found, wherever it was", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  world.fill(5);
  world.disarm();
  SUBCASE("in the middle") {
    world.tamper("DELETE FROM host_audit WHERE sequence = 3");
    CHECK(says(world.verdict(), "entry 3 is missing"));
  }
  SUBCASE("at the start") {
    world.tamper("DELETE FROM host_audit WHERE sequence <= 2");
    CHECK(says(world.verdict(), "entry 1 is missing"));
  }
  SUBCASE("at the start, and the start was moved") {
    const auto hash = world.all().at(1).mark.hash;
    world.tamper("DELETE FROM host_audit WHERE sequence <= 2");
    world.tamper("UPDATE host_audit_head SET before_sequence = 2, before_hash = ?, before_seal = ?",
                 values({blob_value(audit::bytes_of(hash)), blob_value(std::string(32, 'x'))}));
    CHECK(says(world.verdict(), "the start of the trail, behind entry 2, is not the one that the panel left"));
  }
  SUBCASE("at the end") {
    world.tamper("DELETE FROM host_audit WHERE sequence >= 4");
    CHECK(says(world.verdict(), "entry 4 is missing"));
  }
  SUBCASE("at the end, and the head was set back") {
    const auto hash = world.all().at(2).mark.hash;
    world.tamper("DELETE FROM host_audit WHERE sequence >= 4");
    world.tamper("UPDATE host_audit_head SET sequence = 3, hash = ?", values({blob_value(audit::bytes_of(hash))}));
    CHECK(says(world.verdict(), "entry 4 is missing: the file audit-head remembers entry 5"));
  }
  SUBCASE("all of them") {
    world.tamper("DELETE FROM host_audit");
    CHECK(says(world.verdict(), "entry 1 is missing"));
    world.tamper("UPDATE host_audit_head SET sequence = 0, hash = X''");
    CHECK(says(world.verdict(), "entry 1 is missing: the file audit-head remembers entry 5"));
    world.tamper("DELETE FROM host_audit_head");
    CHECK(says(world.verdict(), "the head is missing"));
  }
}

TEST_CASE_TEMPLATE("moved and inserted entries are found", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  world.fill(5);
  world.disarm();
  const auto move = [&](std::int64_t from, std::int64_t to) {
    world.tamper("UPDATE host_audit SET sequence = ? WHERE sequence = ?", values({to_value(to), to_value(from)}));
  };
  const auto insert = [&](std::int64_t sequence) {
    const auto transaction = world.database->begin(soon()).value();
    const audit::ChangingStore store(*transaction, world.database->dialect());
    REQUIRE(store.insert({sequence, {}}, entry_named("forged")).ok());
    REQUIRE(transaction->commit().ok());
  };
  SUBCASE("two are swapped") {
    move(2, 100);
    move(3, 2);
    move(100, 3);
    CHECK(says(world.verdict(), "entry 2 is not as it was written"));
  }
  SUBCASE("one is inserted in the middle") {
    move(5, 6);
    move(4, 5);
    insert(4);
    world.tamper("UPDATE host_audit_head SET sequence = 6");
    CHECK(says(world.verdict(), "entry 4 is not as it was written"));
  }
  SUBCASE("one before the first") {
    insert(0);
    CHECK(says(world.verdict(), "entry 0 stands before the start"));
  }
  SUBCASE("one behind the last") {
    insert(6);
    CHECK(says(world.verdict(), "entry 6 stands behind the head"));
    world.tamper("UPDATE host_audit_head SET sequence = 6");
    CHECK(says(world.verdict(), "entry 6 is not as it was written"));
  }
  SUBCASE("the head has another hash") {
    world.tamper("UPDATE host_audit_head SET hash = X'00'");
    CHECK(says(world.verdict(), "the head is not the mark of entry 5"));
  }
}

TEST_CASE_TEMPLATE("with another master key nothing is right", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  world.fill(3);
  const auto other = core::MasterKey::open(world.folder.path() + "/other.key", true).value();
  CHECK(says(world.verdict(audit::Chain(other)), "entry 1 is not as it was written"));
}

TEST_CASE_TEMPLATE("an end that was replaced does not match what the file remembers", Engine, SqliteEngine,
                   MariadbEngine) {
  AuditWorld<Engine> world;
  world.fill(3);
  const auto kept = world.all();
  world.fill(1);
  // The fourth is removed, the head set back, and then the panel itself goes on: by a writer that knows nothing.
  world.disarm();
  world.tamper("DELETE FROM host_audit WHERE sequence = 4");
  world.tamper("UPDATE host_audit_head SET sequence = 3, hash = ?",
               values({blob_value(audit::bytes_of(kept.back().mark.hash))}));
  const ScratchFolder elsewhere;
  audit::Appender unknowing(world.lines, *world.database, world.master, elsewhere.path());
  REQUIRE(unknowing.append(std::vector{entry_named("b"), entry_named("c")}).ok());
  CHECK(says(world.verdict(), "entry 4 is not the one that the file audit-head remembers"));
}

TEST_CASE("SQLite refuses to change and to remove entries") {
  AuditWorld<SqliteEngine> world;
  world.fill(3);
  for (const char* sql :
       {"UPDATE host_audit SET user_id = 1", "DELETE FROM host_audit", "DELETE FROM host_audit WHERE sequence = 3"}) {
    CHECK_FALSE(world.database->exec(sql, {}, soon()).ok());
  }
  CHECK(world.rows() == 3);
}

TEST_CASE_TEMPLATE("a panel that writes and prunes meanwhile does not disturb", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  world.fill(4000);
  std::atomic<bool> stopping{false};
  std::thread panel([&] {
    auto writer = world.appender();
    for (int round = 0; !stopping; ++round) {
      CHECK(writer.append(std::vector{entry_named("later")}).ok());
      if (round % 4 == 0) CHECK(writer.prune(entry_named("x").time_us + 1).ok());
    }
  });
  for (int round = 0; round < 10; ++round) CHECK(world.verdict().fault == "");
  stopping = true;
  panel.join();
  CHECK(world.verdict().fault == "");
}
