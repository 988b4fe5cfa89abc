// What goes in comes out, on both engines.
#include "storage/engines.h"

#include <array>
#include <cstring>
#include <limits>

using namespace nexus;
using namespace nexus::test;

namespace {

// Writes and reads one value through a parameter and a column.
struct RoundTrip {
  explicit RoundTrip(const std::string& url) : database(open(url)) {
    exec(*database, "CREATE TABLE one (i BIGINT, f DOUBLE PRECISION, t LONGTEXT, b LONGBLOB)");
  }
  std::unique_ptr<storage::Rows> rows(const char* column, const nx_value& value) {
    exec(*database, "DELETE FROM one");
    exec(*database, std::string("INSERT INTO one (") + column + ") VALUES (?)", {value});
    auto read = database->query(std::string("SELECT ") + column + " FROM one", {}, false, soon());
    REQUIRE(read.ok());
    return std::move(read).value();
  }
  std::unique_ptr<storage::Database> database;
};

nx_value only_cell(storage::Rows& rows) {
  auto cells = rows.fetch();
  REQUIRE(cells.ok());
  REQUIRE(cells->size() == 1);
  return (*cells)[0];
}

std::string every_byte() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

}  // namespace

TEST_CASE_TEMPLATE("integers keep all 64 bits", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  RoundTrip trip(engine.url);
  for (const std::int64_t number : {std::int64_t{0}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::min(),
                                    std::numeric_limits<std::int64_t>::max(), std::int64_t{1} << 53}) {
    const auto rows = trip.rows("i", to_value(number));
    const nx_value cell = only_cell(*rows);
    CHECK(cell.type == NX_V_I64);
    CHECK(cell.u.i == number);
  }
}

TEST_CASE_TEMPLATE("booleans and times are integers", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  RoundTrip trip(engine.url);
  CHECK(only_cell(*trip.rows("i", to_value(true))).u.i == 1);
  CHECK(only_cell(*trip.rows("i", time_value(1'767'225'600'000'001))).u.i == 1'767'225'600'000'001);
}

TEST_CASE_TEMPLATE("floats keep every bit", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  RoundTrip trip(engine.url);
  for (const double number : {0.1, -1e-300, std::numeric_limits<double>::max(), 1.0 / 3}) {
    const auto rows = trip.rows("f", to_value(number));
    const nx_value cell = only_cell(*rows);
    CHECK(cell.type == NX_V_F64);
    CHECK(cell.u.f == number);
  }
}

TEST_CASE_TEMPLATE("text keeps all of UTF-8, NUL, quotes and length", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  RoundTrip trip(engine.url);
  const std::string large(3'000'000, 'x');
  const std::array<std::string, 5> texts = {"", "\xF0\x9F\x90\x98 \xE4\xB8\xAD\xE6\x96\x87", std::string("a\0b", 3),
                                            "it's \"quoted\" \\ ? :name 12:30", large};
  for (const std::string& text : texts) {
    const auto rows = trip.rows("t", to_value(std::string_view(text)));
    const nx_value cell = only_cell(*rows);
    CHECK(cell.type == NX_V_TEXT);
    CHECK(view(cell.u.s) == text);
  }
}

TEST_CASE_TEMPLATE("blobs keep all 256 bytes", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  RoundTrip trip(engine.url);
  for (const std::string& bytes : {every_byte(), std::string(), every_byte() + every_byte()}) {
    const auto rows = trip.rows("b", blob_value(bytes));
    const nx_value cell = only_cell(*rows);
    CHECK(cell.type == NX_V_BLOB);
    CHECK(view(cell.u.s) == bytes);
  }
}

TEST_CASE_TEMPLATE("null is null in every column", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  RoundTrip trip(engine.url);
  for (const char* column : {"i", "f", "t", "b"}) CHECK(only_cell(*trip.rows(column, null_value())).type == NX_V_NULL);
}

TEST_CASE_TEMPLATE("question marks and times in literals and comments are no parameters", Engine, SqliteEngine,
                   MariadbEngine) {
  Engine engine;
  RoundTrip trip(engine.url);
  const Values args = {to_value(std::int64_t{7})};
  auto rows = trip.database->query("SELECT '? at 12:30 :x', /* ? 12:30 */ 'it''s ?', ? -- ?\n", args, false, soon());
  REQUIRE(rows.ok());
  auto cells = (*rows)->fetch();
  REQUIRE(cells.ok());
  REQUIRE(cells->size() == 3);
  CHECK(view((*cells)[0].u.s) == "? at 12:30 :x");
  CHECK(view((*cells)[1].u.s) == "it's ?");
  CHECK((*cells)[2].u.i == 7);
}

TEST_CASE_TEMPLATE("counts and sums of integers are integers", Engine, SqliteEngine, MariadbEngine) {
  Engine engine;
  RoundTrip trip(engine.url);
  exec(*trip.database, "INSERT INTO one (i) VALUES (20), (22)");
  CHECK(number(*trip.database, "SELECT count(*) FROM one") == 2);
  CHECK(number(*trip.database, "SELECT sum(i) FROM one") == 42);
}
