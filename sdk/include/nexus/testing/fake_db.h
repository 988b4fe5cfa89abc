// nexus.db of a FakeHost: SQLite in memory, one connection.
#pragma once

#include <nexus/testing/world.h>

#include <sqlite3.h>

#include <optional>

namespace nexus::testing::detail {

// A result set: everything is read at once and handed out in small batches, whose memory is overwritten by the next.
struct FakeRows {
  World* world = nullptr;
  FakeCall* call = nullptr;
  std::string sql;
  std::vector<std::string> columns;
  std::vector<std::vector<nx_value>> rows;
  std::deque<std::string> texts;  // what the values point to
  std::vector<nx_value> batch;
  std::size_t next = 0;
  bool freed = false;

  nx_rows* raw() noexcept { return reinterpret_cast<nx_rows*>(this); }
  static FakeRows& of(const nx_rows* raw) noexcept {
    return *const_cast<FakeRows*>(reinterpret_cast<const FakeRows*>(raw));
  }
};

class FakeDb {
 public:
  explicit FakeDb(World& world) : world_(world) {
    world.db = this;
    sqlite3_open(":memory:", &connection_);
    sqlite3_extended_result_codes(connection_, 1);
    must("PRAGMA foreign_keys = ON");
    world.call_end_hooks.push_back([this](FakeCall& call) { end(call); });
    table.struct_size = sizeof table;
    table.dialect = [](const nx_host*) noexcept -> std::uint32_t { return NX_DIALECT_SQLITE; };
    table.add_migration = &add_migration;
    table.exec = &exec;
    table.query = &query;
    table.columns = &columns;
    table.fetch = &fetch;
    table.rows_free = &rows_free;
    table.begin = &begin;
    table.commit = [](nx_call* call, nx_handle tx) noexcept { return finish(call, tx, "db.commit", "COMMIT"); };
    table.rollback = [](nx_call* call, nx_handle tx) noexcept { return finish(call, tx, "db.rollback", "ROLLBACK"); };
  }
  ~FakeDb() { sqlite3_close_v2(connection_); }
  FakeDb(const FakeDb&) = delete;
  FakeDb& operator=(const FakeDb&) = delete;

  struct Step {
    std::uint32_t version = 0;
    std::string name, up, down;
  };

  // Up; and with `round_trip` down again in reverse order and up once more.
  Result<void> migrate(bool round_trip) {
    NEXUS_TRY(run_all());
    if (!round_trip) return {};
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) NEXUS_TRY(run(*step, step->down, "down"));
    if (const auto left = tables(); !left.empty())
      return Error(Status::invalid, "the way down leaves table " + left[0]);
    return run_all();
  }

  // Test's own SQL: several statements, no parameters.
  Result<void> script(const std::string& sql) {
    const auto guard = world_.lock();
    char* message = nullptr;
    if (sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, &message) == SQLITE_OK) return {};
    const std::string reason = message == nullptr ? "unknown" : message;
    sqlite3_free(message);
    return Error(Status::invalid, reason);
  }

  nx_db_api table{};
  std::vector<Step> steps;

 private:
  static constexpr std::size_t kBatch = 2;  // so small that code which keeps rows beyond a fetch is found out

  void must(const char* sql) { sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr); }

  Result<void> run_all() {
    for (const auto& step : steps) NEXUS_TRY(run(step, step.up, "up"));
    for (const auto& name : tables()) {
      if (!name.starts_with(world_.plugin_id + "_")) {
        return Error(Status::invalid, "table " + name + " does not begin with the plugin's id");
      }
    }
    return {};
  }
  Result<void> run(const Step& step, const std::string& sql, const char* way) {
    const auto done = script(sql);
    if (done.ok()) return {};
    return Error(Status::invalid, "migration " + std::to_string(step.version) + " " + step.name + " " + way + ": " +
                                      done.error().reason());
  }
  std::vector<std::string> tables() {
    std::vector<std::string> names;
    sqlite3_exec(
        connection_, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        [](void* out, int, char** cells, char**) {
          static_cast<std::vector<std::string>*>(out)->emplace_back(cells[0]);
          return 0;
        },
        &names, nullptr);
    return names;
  }

  // The end of a call: its rows must be free, and its transaction is rolled back.
  void end(FakeCall& call) {
    for (const auto& rows : results_) {
      if (rows->call != &call || rows->freed) continue;
      world_.fail("rows of \"" + rows->sql + "\" were not freed before \"" + call.name + "\" ended");
      rows->freed = true;
    }
    if (transaction_ != 0 && transaction_call_ == &call) {
      must("ROLLBACK");
      transaction_ = 0;
    }
  }

  // What every function on a call begins with.
  static nx_status enter(nx_call* raw, const char* function) {
    auto& world = *FakeCall::of(raw)->world;
    if (const auto status = world.enter(function); status != NX_OK) return status;
    const auto* call = world.live(raw, function);
    if (call == nullptr) return NX_E_STALE;
    if (call->on_io_thread) {
      world.fail(std::string(function) + " was called on an inline route");
      return NX_E_PHASE;
    }
    if (world.phase == Phase::registering) {
      world.fail(std::string(function) + " was called before the tables are migrated");
      return NX_E_PHASE;
    }
    return NX_OK;
  }

  static nx_status add_migration(nx_reg* reg, const nx_migration* given) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("db.add_migration"); status != NX_OK) return status;
    const auto step = copy_in(*given);
    if (step.version != world.db->steps.size() + 1) {
      world.fail("migration " + text(step.name) + " has version " + std::to_string(step.version) + " where " +
                 std::to_string(world.db->steps.size() + 1) + " follows");
      return NX_E_INVALID;
    }
    if (view(step.mysql_up).empty()) world.fail("migration " + text(step.name) + " has no text for MySQL");
    world.db->steps.push_back({step.version, text(step.name), text(step.sqlite_up), text(step.sqlite_down)});
    return NX_OK;
  }

  nx_status failed(int result, const std::string& sql) {
    switch (result) {
      case SQLITE_CONSTRAINT_UNIQUE:
      case SQLITE_CONSTRAINT_PRIMARYKEY:
      case SQLITE_CONSTRAINT_ROWID:
      case SQLITE_CONSTRAINT_FOREIGNKEY: return NX_E_CONFLICT;
      case SQLITE_BUSY: return NX_E_BUSY;
      default: world_.fail("\"" + sql + "\": " + sqlite3_errmsg(connection_)); return NX_E_INTERNAL;
    }
  }

  static void bind(sqlite3_stmt* statement, int at, const nx_value& value) {
    const auto length = static_cast<sqlite3_uint64>(value.u.s.len);
    const char* bytes = value.u.s.ptr == nullptr ? "" : value.u.s.ptr;
    switch (value.type) {
      case NX_V_NULL: sqlite3_bind_null(statement, at); break;
      case NX_V_F64: sqlite3_bind_double(statement, at, value.u.f); break;
      case NX_V_TEXT: sqlite3_bind_text64(statement, at, bytes, length, SQLITE_TRANSIENT, SQLITE_UTF8); break;
      case NX_V_BLOB: sqlite3_bind_blob64(statement, at, bytes, length, SQLITE_TRANSIENT); break;
      default: sqlite3_bind_int64(statement, at, value.u.i); break;
    }
  }

  using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

  // One bound statement, or the reason against it.
  nx_status prepare(const nx_query& query, Statement& out) {
    const auto sql = text(query.sql);
    if (query.tx != 0 && query.tx != transaction_) {
      world_.fail("\"" + sql + "\" uses a transaction that has ended");
      return NX_E_STALE;
    }
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    const int result = sqlite3_prepare_v2(connection_, sql.c_str(), static_cast<int>(sql.size()), &raw, &rest);
    out.reset(raw);
    if (result != SQLITE_OK) return failed(result, sql);
    if (raw == nullptr || std::string_view(rest).find_first_not_of(" \t\r\n;") != std::string_view::npos) {
      world_.fail("\"" + sql + "\" is not one statement");
      return NX_E_INVALID;
    }
    if (sqlite3_bind_parameter_count(raw) != static_cast<int>(query.arg_count)) {
      world_.fail("\"" + sql + "\" takes " + std::to_string(sqlite3_bind_parameter_count(raw)) + " values and got " +
                  std::to_string(query.arg_count));
      return NX_E_INVALID;
    }
    for (std::uint32_t i = 0; i < query.arg_count; ++i) bind(raw, static_cast<int>(i) + 1, query.args[i]);
    return NX_OK;
  }

  static nx_status exec(nx_call* raw, const nx_query* given, nx_exec_result* out) noexcept {
    if (const auto status = enter(raw, "db.exec"); status != NX_OK) return status;
    auto& db = *FakeCall::of(raw)->world->db;
    const auto guard = db.world_.lock();
    const auto query = copy_in(*given);
    Statement statement(nullptr, sqlite3_finalize);
    if (const auto status = db.prepare(query, statement); status != NX_OK) return status;
    const auto changes_before = sqlite3_total_changes64(db.connection_);
    int result = sqlite3_step(statement.get());
    while (result == SQLITE_ROW) result = sqlite3_step(statement.get());
    if (result != SQLITE_DONE) return db.failed(result, text(query.sql));
    if (out != nullptr) {
      const bool changed = sqlite3_total_changes64(db.connection_) != changes_before;
      out->affected = changed ? sqlite3_changes64(db.connection_) : 0;
      out->last_id = changed ? sqlite3_last_insert_rowid(db.connection_) : 0;
    }
    return NX_OK;
  }

  static nx_value read(sqlite3_stmt* statement, int column, std::deque<std::string>& texts) {
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_INTEGER: return to_value(static_cast<std::int64_t>(sqlite3_column_int64(statement, column)));
      case SQLITE_FLOAT: return to_value(sqlite3_column_double(statement, column));
      case SQLITE_NULL: return null_value();
      default: break;
    }
    const bool blob = sqlite3_column_type(statement, column) == SQLITE_BLOB;
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    const auto& kept = texts.emplace_back(bytes == nullptr ? "" : bytes, size);
    return blob ? blob_value(kept) : to_value(std::string_view(kept));
  }

  static nx_status query(nx_call* raw, const nx_query* given, nx_rows** out) noexcept {
    if (const auto status = enter(raw, "db.query"); status != NX_OK) return status;
    auto& db = *FakeCall::of(raw)->world->db;
    const auto guard = db.world_.lock();
    const auto query = copy_in(*given);
    Statement statement(nullptr, sqlite3_finalize);
    if (const auto status = db.prepare(query, statement); status != NX_OK) return status;
    const auto sql = text(query.sql);
    if (sqlite3_stmt_readonly(statement.get()) == 0 && (query.flags & NX_QUERY_WRITES) == 0) {
      db.world_.fail("\"" + sql + "\" writes; say so with NX_QUERY_WRITES");
      return NX_E_INVALID;
    }
    auto rows = std::make_unique<FakeRows>();
    rows->world = &db.world_;
    rows->call = FakeCall::of(raw);
    rows->sql = sql;
    const int width = sqlite3_column_count(statement.get());
    for (int i = 0; i < width; ++i) rows->columns.emplace_back(sqlite3_column_name(statement.get(), i));
    int result = sqlite3_step(statement.get());
    for (; result == SQLITE_ROW; result = sqlite3_step(statement.get())) {
      auto& row = rows->rows.emplace_back();
      for (int i = 0; i < width; ++i) row.push_back(read(statement.get(), i, rows->texts));
    }
    if (result != SQLITE_DONE) return db.failed(result, sql);
    *out = db.results_.emplace_back(std::move(rows))->raw();
    return NX_OK;
  }

  static std::uint32_t columns(const nx_rows* raw, nx_str* names, std::uint32_t capacity) noexcept {
    const auto& rows = FakeRows::of(raw);
    if (rows.freed) rows.world->fail("db.columns: the rows of \"" + rows.sql + "\" are freed");
    for (std::uint32_t i = 0; i < capacity && i < rows.columns.size(); ++i) names[i] = to_abi(rows.columns[i]);
    return static_cast<std::uint32_t>(rows.columns.size());
  }
  static nx_status fetch(nx_rows* raw, const nx_value** cells, std::uint32_t* row_count) noexcept {
    auto& rows = FakeRows::of(raw);
    if (const auto status = rows.world->enter("db.fetch"); status != NX_OK) return status;
    if (rows.freed) {
      rows.world->fail("db.fetch: the rows of \"" + rows.sql + "\" are freed");
      return NX_E_STALE;
    }
    rows.batch.clear();
    *row_count = 0;
    for (; *row_count < kBatch && rows.next < rows.rows.size(); ++rows.next, ++*row_count) {
      const auto& row = rows.rows[rows.next];
      rows.batch.insert(rows.batch.end(), row.begin(), row.end());
    }
    *cells = rows.batch.data();
    return NX_OK;
  }
  static void rows_free(nx_rows* raw) noexcept {
    auto& rows = FakeRows::of(raw);
    if (rows.freed) return rows.world->fail("db.rows_free: the rows of \"" + rows.sql + "\" were freed already");
    const auto guard = rows.world->lock();
    rows.freed = true;
    rows.rows.clear();
    for (auto& kept : rows.texts) kept.assign(kept.size(), '?');
  }

  static nx_status begin(nx_call* raw, nx_handle* out) noexcept {
    if (const auto status = enter(raw, "db.begin"); status != NX_OK) return status;
    auto* call = FakeCall::of(raw);
    auto& db = *call->world->db;
    const auto guard = db.world_.lock();
    if (db.transaction_ != 0 && db.transaction_call_ == call) {
      db.world_.fail("\"" + call->name + "\" began a second transaction");
      return NX_E_PHASE;
    }
    if (db.transaction_ != 0) return NX_E_BUSY;
    db.must("BEGIN IMMEDIATE");
    *out = db.transaction_ = db.world_.next_handle++;
    db.transaction_call_ = call;
    return NX_OK;
  }
  static nx_status finish(nx_call* raw, nx_handle tx, const char* function, const char* sql) noexcept {
    if (const auto status = enter(raw, function); status != NX_OK) return status;
    auto& db = *FakeCall::of(raw)->world->db;
    const auto guard = db.world_.lock();
    if (tx == 0 || tx != db.transaction_) {
      db.world_.fail(std::string(function) + ": the transaction has ended");
      return NX_E_STALE;
    }
    db.must(sql);
    db.transaction_ = 0;
    return NX_OK;
  }

  World& world_;
  sqlite3* connection_ = nullptr;
  nx_handle transaction_ = 0;  // 0: none is open
  FakeCall* transaction_call_ = nullptr;
  std::deque<std::unique_ptr<FakeRows>> results_;
};

}  // namespace nexus::testing::detail
