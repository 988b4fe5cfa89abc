#include "panel.h"

#include <nexus/cpp/db.h>
#include <nexus/storage/migrations.h>

#include <doctest/doctest.h>

using namespace nexus;
using test::Panel;

namespace {

constexpr const char* kTable = "CREATE TABLE a_things (id INTEGER PRIMARY KEY, name TEXT UNIQUE, seen INTEGER)";

struct Fixture {
  Fixture() : plugin(), host(panel.host(panel.add("a", plugin))) {
    REQUIRE(panel.database->exec(kTable, {}, test::in(test::kPatience)).ok());
  }
  OwnedCall call() { return std::move(OwnedCall::background(host, "test", std::chrono::seconds(10))).value(); }
  std::int64_t rows() {
    auto fresh = call();
    return Sql(*fresh).number("SELECT count(*) FROM a_things").value();
  }
  Panel panel;
  test::RawPlugin plugin;
  Host host;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "values go in and come back with their types, and a broken key is a conflict") {
  auto owned = call();
  const Sql sql(*owned);
  CHECK(sql.exec("INSERT INTO a_things (name, seen) VALUES (?, ?)", "é", nullptr).value().last_id == 1);
  CHECK(sql.exec("INSERT INTO a_things (name, seen) VALUES (?, ?)", "b", TimeUs{5}).value().affected == 1);
  CHECK(sql.exec("INSERT INTO a_things (name) VALUES (?)", "b").error().status() == Status::conflict);
  const auto names = sql.all([](const Row& row) { return row.string(0) + (row.null(1) ? "-" : "+"); },
                             "SELECT name, seen FROM a_things ORDER BY id");
  CHECK(names.value() == std::vector<std::string>{"é-", "b+"});
}

TEST_CASE_FIXTURE(Fixture, "the end of a call rolls its transaction back, and a committed one stays") {
  {
    auto owned = call();
    nx_handle tx = 0;
    REQUIRE(host.db->begin(owned->raw(), &tx) == NX_OK);
    nx_handle second = 0;
    CHECK(host.db->begin(owned->raw(), &second) == NX_E_PHASE);
    nx_query query{};
    query.struct_size = sizeof query;
    query.tx = tx;
    query.sql = to_abi("INSERT INTO a_things (name) VALUES ('x')");
    CHECK(host.db->exec(owned->raw(), &query, nullptr) == NX_OK);
    query.tx = tx + 1;
    CHECK(host.db->exec(owned->raw(), &query, nullptr) == NX_E_STALE);
    CHECK(host.db->commit(owned->raw(), tx + 1) == NX_E_STALE);
  }
  CHECK(rows() == 0);
  {
    auto owned = call();
    auto tx = Sql(*owned).begin();
    REQUIRE(tx.ok());
    REQUIRE(tx->exec("INSERT INTO a_things (name) VALUES ('x')").ok());
    REQUIRE(tx->commit().ok());
  }
  CHECK(rows() == 1);
}

TEST_CASE_FIXTURE(Fixture, "rows that a plugin forgets are freed at the end of the call, and it is named") {
  for (int i = 0; i < 20; ++i) {  // more than there are connections
    auto owned = call();
    nx_query query{};
    query.struct_size = sizeof query;
    query.sql = to_abi("SELECT 1");
    nx_rows* rows = nullptr;
    REQUIRE(host.db->query(owned->raw(), &query, &rows) == NX_OK);
  }
  CHECK(panel.lines.count("a the plugin did not free the rows of a query") == 20);
}

TEST_CASE_FIXTURE(Fixture, "rows of a transaction end with it and may be freed afterwards") {
  auto owned = call();
  nx_handle tx = 0;
  REQUIRE(host.db->begin(owned->raw(), &tx) == NX_OK);
  nx_query query{};
  query.struct_size = sizeof query;
  query.tx = tx;
  query.sql = to_abi("SELECT 1");
  nx_rows* rows = nullptr;
  REQUIRE(host.db->query(owned->raw(), &query, &rows) == NX_OK);
  CHECK(host.db->rollback(owned->raw(), tx) == NX_OK);
  const nx_value* cells = nullptr;
  std::uint32_t count = 9;
  CHECK(host.db->fetch(rows, &cells, &count) == NX_E_STALE);
  CHECK(count == 0);
  host.db->rows_free(rows);
}

TEST_CASE_FIXTURE(Fixture, "nothing is written behind the end of a smaller result struct") {
  auto owned = call();
  nx_query query{};
  query.struct_size = sizeof query;
  query.sql = to_abi("INSERT INTO a_things (name) VALUES ('x')");
  nx_exec_result result{offsetof(nx_exec_result, last_id), 0, -1, -1};
  REQUIRE(host.db->exec(owned->raw(), &query, &result) == NX_OK);
  CHECK(result.affected == 1);
  CHECK(result.last_id == -1);
  query.arg_count = 1;
  CHECK(host.db->exec(owned->raw(), &query, nullptr) == NX_E_INVALID);
}
