// What is too old goes, and whoever changes the database behind a running panel is found out.
#include "audit_fixture.h"
#include "core/runtime/values.h"

#include <doctest/doctest.h>

#include <thread>

using namespace nexus;
using namespace nexus::test;
using namespace std::chrono_literals;
using audit::Trail;

namespace {

constexpr std::int64_t kDayUs = std::int64_t{24} * 3600 * 1'000'000;

// `old` entries of ten days ago and `fresh` ones of now.
template <class World>
void fill_ages(World& world, int old, int fresh) {
  auto writer = world.appender();
  std::vector<audit::Entry> entries;
  for (int i = 0; i < old + fresh; ++i) {
    entries.push_back(entry_named("a"));
    entries.back().time_us = core::wall_clock_us() - (i < old ? 10 * kDayUs : 0);
  }
  REQUIRE(writer.append(entries).ok());
}

}  // namespace

TEST_CASE_TEMPLATE("entries older than the retention are removed from the front, and that is recorded", Engine,
                   SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  fill_ages(world, 2300, 5);
  const auto trail = trail_of(world, {.prune_interval = 50ms});
  std::this_thread::sleep_for(100ms);
  CHECK(world.rows() == 2305);  // nobody has said for how long they are kept
  trail->set_retention(30);
  std::this_thread::sleep_for(100ms);
  CHECK(world.rows() == 2305);
  trail->set_retention(9);
  REQUIRE(eventually([&] { return world.rows() == 6; }));
  const auto all = world.all();
  CHECK(all.front().mark.sequence == 2301);
  CHECK(all.back().entry.action == "pruneAudit");
  CHECK(all.back().entry.details == R"({"first":1,"last":2300})");
  const auto verdict = world.verdict();
  CHECK(verdict.fault == "");
  CHECK(verdict.first == 2301);
  CHECK(verdict.last == 2306);
  std::this_thread::sleep_for(150ms);  // passes that find nothing leave nothing behind
  CHECK(world.rows() == 6);
}

TEST_CASE_TEMPLATE("the newest entry stays, however old it is", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  fill_ages(world, 3, 0);
  auto writer = world.appender();
  const auto pruned = writer.prune(core::wall_clock_us()).value();
  CHECK(pruned.first == 1);
  CHECK(pruned.last == 2);
  CHECK(writer.prune(core::wall_clock_us()).value().first == 0);
  CHECK(world.rows() == 1);
  CHECK(world.verdict().fault == "");
}

TEST_CASE_TEMPLATE("an entry that was made to look old is not removed", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  fill_ages(world, 0, 5);
  world.disarm();
  world.tamper("UPDATE host_audit SET time_us = 5 WHERE sequence <= 2");
  auto writer = world.appender();
  const auto pruned = writer.prune(core::wall_clock_us() - kDayUs);
  REQUIRE_FALSE(pruned.ok());
  CHECK(pruned.error().status() == Status::denied);
  CHECK(world.rows() == 5);
  const auto trail = trail_of(world, {.prune_interval = 50ms});
  trail->set_retention(1);
  REQUIRE(
      eventually([&] { return world.lines.contain("old audit entries cannot be removed entry 1 is not as it was"); }));
  CHECK(world.rows() == 5);
}

TEST_CASE_TEMPLATE("a start that the panel did not leave is not moved on", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  fill_ages(world, 5, 1);
  world.disarm();
  const auto all = world.all();
  world.tamper("DELETE FROM host_audit WHERE sequence <= 2");
  const Values start{blob_value(audit::bytes_of(all[1].mark.hash))};
  world.tamper("UPDATE host_audit_head SET before_sequence = 2, before_hash = ?", start);
  auto writer = world.appender();
  const auto pruned = writer.prune(core::wall_clock_us() - kDayUs);
  REQUIRE_FALSE(pruned.ok());
  CHECK(pruned.error().status() == Status::denied);
  CHECK(world.rows() == 4);
}

TEST_CASE_TEMPLATE("an end that is removed under a running panel is seen at the next entry, and stays proved", Engine,
                   SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  world.fill(3);
  auto other = world.appender();
  REQUIRE(other.append({}).ok());  // knows three
  auto writer = world.appender();
  REQUIRE(writer.append(std::vector{entry_named("stolen"), entry_named("stolen")}).ok());
  const auto third = world.all().at(2).mark;
  world.disarm();
  const auto set_back = [&] {
    world.tamper("DELETE FROM host_audit WHERE sequence > 3");
    const Values head{blob_value(audit::bytes_of(third.hash))};
    world.tamper("UPDATE host_audit_head SET sequence = 3, hash = ?", head);
  };
  set_back();
  SUBCASE("by the process that wrote it") { REQUIRE(writer.append(std::vector{entry_named("next")}).ok()); }
  SUBCASE("by another process, which wrote before") {
    REQUIRE(other.append(std::vector{entry_named("next")}).ok());
    REQUIRE(other.append(std::vector{entry_named("next"), entry_named("next")}).ok());
  }
  SUBCASE("by one that only knows the file") {
    auto fresh = world.appender();
    REQUIRE(fresh.append(std::vector{entry_named("next")}).ok());
    REQUIRE(fresh.append(std::vector{entry_named("next"), entry_named("next")}).ok());
  }
  CHECK(world.lines.contain("somebody has changed the audit trail in the database entry 5 is missing"));
  CHECK(world.all().at(3).entry.action == "auditBroken");
  CHECK(world.verdict().fault.find("audit-head remembers") != std::string::npos);
  // Until an operator has seen to it.
  REQUIRE(::unlink((world.folder.path() + "/audit-head").c_str()) == 0);
  auto later = world.appender();
  REQUIRE(later.append(std::vector{entry_named("later")}).ok());
  CHECK(world.verdict().fault == "");
}

TEST_CASE_TEMPLATE("a head that was set back or removed does not stop the trail", Engine, SqliteEngine, MariadbEngine) {
  AuditWorld<Engine> world;
  world.fill(3);
  auto writer = world.appender();
  SUBCASE("set back") { world.tamper("UPDATE host_audit_head SET sequence = 1, hash = X'00'"); }
  SUBCASE("set to where there is no next one") {
    world.tamper("UPDATE host_audit_head SET sequence = 9223372036854775807");
  }
  SUBCASE("removed") { world.tamper("DELETE FROM host_audit_head"); }
  REQUIRE(writer.append(std::vector{entry_named("next")}).ok());
  const auto all = world.all();
  REQUIRE(all.size() == 5);
  CHECK(all[3].entry.action == "auditBroken");
  CHECK(all[4].entry.action == "next");
}
