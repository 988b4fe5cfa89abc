// Rows 28 and 29 of the benchmark: our SQL layer beside raw sqlite3 with prepared statements, on the same kind of file
// and with the same settings. The two sides take turns; a row is the median of its rounds. Prints one JSON line per
// row.
#include "support/scratch_folder.h"

#include <nexus/cpp/str.h>
#include <nexus/storage/database.h>

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using nexus::storage::Clock;

constexpr int kRounds = 9;
constexpr int kPeople = 10'000;
constexpr int kReads = 50'000;
constexpr int kInserts = 60'000;
constexpr int kPerTransaction = 400;

constexpr const char* kSelect = "SELECT name, email, role FROM people WHERE id = ?";
constexpr const char* kInsert = "INSERT INTO samples VALUES (?, ?, ?, ?)";

void check(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(what);
}

Clock::time_point later() { return Clock::now() + std::chrono::seconds(60); }

// What a repository hands to its caller.
struct Person {
  std::string name;
  std::string email;
  std::string role;
};

class Raw {
 public:
  explicit Raw(const std::string& path) {
    check(sqlite3_open(path.c_str(), &database_) == SQLITE_OK, "open");
    // The settings of storage/.
    run("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"
        "PRAGMA journal_size_limit=67108864");
  }
  ~Raw() {
    sqlite3_finalize(select_);
    sqlite3_finalize(insert_);
    sqlite3_close(database_);
  }
  Raw(const Raw&) = delete;
  Raw& operator=(const Raw&) = delete;

  void run(const char* sql) { check(sqlite3_exec(database_, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql); }
  void prepare() {
    check(sqlite3_prepare_v2(database_, kSelect, -1, &select_, nullptr) == SQLITE_OK, "prepare");
    check(sqlite3_prepare_v2(database_, kInsert, -1, &insert_, nullptr) == SQLITE_OK, "prepare");
  }
  Person person(int id) {
    sqlite3_bind_int(select_, 1, id);
    check(sqlite3_step(select_) == SQLITE_ROW, "no row");
    Person found{text(0), text(1), text(2)};
    sqlite3_reset(select_);
    return found;
  }
  void insert(int at) {
    sqlite3_bind_int(insert_, 1, at % 100);
    sqlite3_bind_text(insert_, 2, "cpu", 3, SQLITE_STATIC);
    sqlite3_bind_int64(insert_, 3, at);
    sqlite3_bind_double(insert_, 4, at * .5);
    check(sqlite3_step(insert_) == SQLITE_DONE, "insert");
    sqlite3_reset(insert_);
  }

 private:
  std::string text(int column) { return reinterpret_cast<const char*>(sqlite3_column_text(select_, column)); }

  sqlite3* database_ = nullptr;
  sqlite3_stmt* select_ = nullptr;
  sqlite3_stmt* insert_ = nullptr;
};

class Ours {
 public:
  explicit Ours(const std::string& path) {
    nexus::storage::DatabaseOptions options;
    options.url = "sqlite://" + path;
    auto opened = nexus::storage::Database::open(options);
    check(opened.ok(), "open");
    database_ = std::move(opened).value();
  }
  nexus::storage::Database& database() { return *database_; }
  Person person(int id) {
    const std::array args = {nexus::to_value(std::int64_t{id})};
    auto rows = database_->query(kSelect, args, false, deadline_);
    check(rows.ok(), "query");
    const auto cells = (*rows)->fetch();
    check(cells.ok() && cells->size() == 3, "no row");
    return {text((*cells)[0]), text((*cells)[1]), text((*cells)[2])};
  }
  static void insert(nexus::storage::Transaction& change, int at) {
    const std::array args = {nexus::to_value(std::int64_t{at % 100}), nexus::to_value(std::string_view("cpu")),
                             nexus::to_value(std::int64_t{at}), nexus::to_value(at * .5)};
    check(change.exec(kInsert, args).ok(), "insert");
  }

 private:
  static std::string text(const nx_value& cell) { return std::string(nexus::view(cell.u.s)); }

  std::unique_ptr<nexus::storage::Database> database_;
  Clock::time_point deadline_ = later();
};

double seconds(const std::function<void()>& work) {
  const auto start = Clock::now();
  work();
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<long>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// One warm-up and kRounds turns of both sides, in alternating order.
void print_row(int row, const char* unit, const std::function<double()>& ours, const std::function<double()>& peer) {
  std::vector<double> our_figures;
  std::vector<double> peer_figures;
  std::vector<double> ratios;
  for (int round = 0; round <= kRounds; ++round) {
    const bool peer_first = round % 2 == 0;
    double peer_figure = peer_first ? peer() : 0;
    const double our_figure = ours();
    if (!peer_first) peer_figure = peer();
    if (round == 0) continue;
    our_figures.push_back(our_figure);
    peer_figures.push_back(peer_figure);
    ratios.push_back(our_figure / peer_figure);
  }
  const auto [least, most] = std::minmax_element(peer_figures.begin(), peer_figures.end());
  std::printf(R"({"row":%d,"ours":%.3f,"peer":%.3f,"ratio":%.3f,"unit":"%s","spread":%.2f,"pairs":[%.3f)", row,
              median(our_figures), median(peer_figures), median(ratios), unit, *most / *least, ratios.front());
  for (std::size_t i = 1; i < ratios.size(); ++i) std::printf(",%.3f", ratios[i]);
  std::puts("]}");
  std::fflush(stdout);
}

void fill(const std::string& path) {
  Raw raw(path);
  raw.run(
      "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, email TEXT, role TEXT);"
      "CREATE TABLE samples (server INT, metric TEXT, ts INT, value REAL); BEGIN");
  for (int id = 0; id < kPeople; ++id) {
    const std::string name = "user" + std::to_string(id);
    raw.run(
        ("INSERT INTO people VALUES (" + std::to_string(id) + ", '" + name + "', '" + name + "@example.com', 'admin')")
            .c_str());
  }
  raw.run("COMMIT");
}

void measure_reads(Ours& ours, Raw& raw) {
  std::size_t our_bytes = 0;
  std::size_t peer_bytes = 0;
  const auto read = [](auto& side, std::size_t& bytes) {
    return seconds([&] {
             for (int count = 0; count < kReads; ++count) {
               const Person person = side.person(count % kPeople);
               bytes += person.name.size() + person.email.size() + person.role.size();
             }
           }) /
           kReads * 1e6;
  };
  print_row(
      28, "us", [&] { return read(ours, our_bytes); }, [&] { return read(raw, peer_bytes); });
  check(our_bytes == peer_bytes && our_bytes > 0, "the two sides read different rows");
}

void measure_inserts(Ours& ours, Raw& raw) {
  const auto our_turn = [&] {
    check(ours.database().exec("DELETE FROM samples", {}, later()).ok(), "clear");
    check(ours.database().query("PRAGMA wal_checkpoint(TRUNCATE)", {}, true, later()).ok(), "checkpoint");
    return kInserts / seconds([&] {
             for (int at = 0; at < kInserts;) {
               auto change = ours.database().begin(later());
               check(change.ok(), "begin");
               for (int count = 0; count < kPerTransaction; ++count) Ours::insert(**change, at++);
               check((*change)->commit().ok(), "commit");
             }
           });
  };
  const auto peer_turn = [&] {
    raw.run("DELETE FROM samples; PRAGMA wal_checkpoint(TRUNCATE)");
    return kInserts / seconds([&] {
             for (int at = 0; at < kInserts;) {
               raw.run("BEGIN IMMEDIATE");
               for (int count = 0; count < kPerTransaction; ++count) raw.insert(at++);
               raw.run("COMMIT");
             }
           });
  };
  print_row(29, "rows/s", our_turn, peer_turn);
}

}  // namespace

int main() {
  // On a disk, not in memory: a commit is synced.
  try {
    const nexus::test::ScratchFolder scratch;
    const auto& folder = scratch.path();
    // A file for each side: two writers of one file would wait for each other.
    fill(folder + "/ours.db");
    fill(folder + "/peer.db");
    Ours ours(folder + "/ours.db");
    Raw raw(folder + "/peer.db");
    raw.prepare();
    measure_reads(ours, raw);
    measure_inserts(ours, raw);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "nexus_bench_sql: %s\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
