#include "sqlite_connection.h"

#include "sql_excerpt.h"
#include "sqlite_error.h"
#include "sqlite_rows.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <thread>

namespace nexus::storage {
namespace {

// How many steps of SQLite's machine pass between two looks at the clock: well under a millisecond.
constexpr int kStepsPerDeadlineCheck = 2000;
// How long a connection that waits for a lock sleeps between attempts: short first, because most locks are.
constexpr std::array<std::chrono::milliseconds, 7> kLockPauses = {
    std::chrono::milliseconds(1),  std::chrono::milliseconds(2),  std::chrono::milliseconds(5),
    std::chrono::milliseconds(10), std::chrono::milliseconds(15), std::chrono::milliseconds(20),
    std::chrono::milliseconds(25)};

// FULL: what was answered as created is on disk. foreign_keys is off by default.
constexpr const char* kPragmas[] = {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON",
                                    "PRAGMA temp_store=MEMORY",
                                    // A log that grew under a long reader shrinks to this at the next checkpoint.
                                    "PRAGMA journal_size_limit=67108864"};

// Whether `sql` may make a row with a generated key.
bool starts_with_insert(std::string_view sql) {
  const auto first = sql.find_first_not_of(" \t\r\n(");
  if (first == std::string_view::npos) return false;
  const int letter = std::tolower(static_cast<unsigned char>(sql[first]));
  // INSERT, REPLACE, WITH ... INSERT; a leading comment hides it, so that counts as well.
  return letter == 'i' || letter == 'r' || letter == 'w' || letter == '-' || letter == '/';
}

void read_columns(SqliteStatement& statement) {
  statement.columns.clear();
  const int count = sqlite3_column_count(statement.handle);
  for (int column = 0; column < count; ++column) {
    const char* name = sqlite3_column_name(statement.handle, column);
    statement.columns.emplace_back(name != nullptr ? name : "");
  }
  statement.prepared_again = sqlite3_stmt_status(statement.handle, SQLITE_STMTSTATUS_REPREPARE, 0);
}

}  // namespace

SqliteConnection::SqliteConnection(SqliteSession session, std::chrono::milliseconds lock_timeout)
    : session_(std::move(session)), lock_timeout_(lock_timeout) {
  sqlite3_extended_result_codes(session_.handle, 1);
  sqlite3_busy_handler(session_.handle, &SqliteConnection::on_busy, this);
  sqlite3_progress_handler(session_.handle, kStepsPerDeadlineCheck, &SqliteConnection::on_progress, this);
  // A text in double quotes is a name, as the standard says, and never silently a string.
  sqlite3_db_config(session_.handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(session_.handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_db_config(session_.handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
}

Result<std::unique_ptr<Connection>> SqliteConnection::open(const std::string& path, SqliteRole role,
                                                           std::chrono::milliseconds lock_timeout) {
  NEXUS_ASSIGN(SqliteSession session, open_sqlite_session(path));
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(std::move(session), lock_timeout));
  for (const char* pragma : kPragmas) NEXUS_TRY(connection->run(pragma));
  if (role == SqliteRole::reader) NEXUS_TRY(connection->run("PRAGMA query_only=ON"));
  return std::unique_ptr<Connection>(std::move(connection));
}

Result<ExecResult> SqliteConnection::exec(std::string_view sql, Args args, Clock::time_point deadline) {
  const SqliteLock lock(session_.handle);
  deadline_ = deadline;
  NEXUS_ASSIGN(const std::shared_ptr<SqliteStatement> statement, prepare(sql));
  if (args.size() != static_cast<std::size_t>(statement->parameters)) {
    return Error(Status::internal, "wrong number of parameters in: " + sql_excerpt(sql));
  }
  sqlite3* database = session_.handle;
  int result = bind_sqlite(statement->handle, args, false);
  if (result != SQLITE_OK) return failure(result, sql);
  const sqlite3_int64 changes_before = sqlite3_total_changes64(database);
  if (statement->inserts) sqlite3_set_last_insert_rowid(database, 0);
  do {
    result = sqlite3_step(statement->handle);
  } while (result == SQLITE_ROW);
  if (result != SQLITE_DONE) {
    Error error = failure(result, sql);
    sqlite3_reset(statement->handle);
    return error;
  }
  sqlite3_reset(statement->handle);
  if (sqlite3_total_changes64(database) == changes_before) return ExecResult{};
  return ExecResult{sqlite3_changes64(database), statement->inserts ? sqlite3_last_insert_rowid(database) : 0};
}

Result<std::unique_ptr<LeasedRows>> SqliteConnection::query(std::string_view sql, Args args,
                                                            Clock::time_point deadline) {
  const SqliteLock lock(session_.handle);
  deadline_ = deadline;
  NEXUS_ASSIGN(std::shared_ptr<SqliteStatement> statement, prepare(sql));
  if (args.size() != static_cast<std::size_t>(statement->parameters)) {
    return Error(Status::internal, "wrong number of parameters in: " + sql_excerpt(sql));
  }
  const int bound = bind_sqlite(statement->handle, args, true);
  if (bound != SQLITE_OK) return failure(bound, sql);
  SqliteStatement& used = *statement;
  auto rows = std::make_unique<SqliteRows>(*this, std::move(statement), deadline);
  NEXUS_TRY(rows->read_first());
  // A changed schema shows in the first step.
  if (sqlite3_stmt_status(used.handle, SQLITE_STMTSTATUS_REPREPARE, 0) != used.prepared_again) read_columns(used);
  return std::unique_ptr<LeasedRows>(std::move(rows));
}

Result<void> SqliteConnection::begin(Clock::time_point deadline) {
  deadline_ = deadline;
  // A deferred BEGIN fails at once when its first write meets a lock: the busy handler is not asked.
  return run("BEGIN IMMEDIATE");
}

Result<void> SqliteConnection::commit() {
  // A commit that has begun is not given up half way.
  deadline_ = Clock::time_point::max();
  return run("COMMIT");
}

void SqliteConnection::rollback() noexcept {
  deadline_ = Clock::time_point::max();
  if (in_transaction() && !run("ROLLBACK").ok()) health_ = Health::broken;
}

Result<void> SqliteConnection::run(std::string_view sql) {
  auto done = exec(sql, {}, deadline_);
  if (!done.ok()) return std::move(done).error();
  return {};
}

Result<std::shared_ptr<SqliteStatement>> SqliteConnection::prepare(std::string_view sql) {
  if (const auto* cached = statements_.find(sql)) {
    // One that still gives rows (to an outer loop) cannot be run again; that rare case gets a statement of its own.
    if (cached->use_count() == 1) return *cached;
    return prepare_new(sql);
  }
  NEXUS_ASSIGN(std::shared_ptr<SqliteStatement> statement, prepare_new(sql));
  statements_.insert(sql, statement);
  return statement;
}

Result<std::shared_ptr<SqliteStatement>> SqliteConnection::prepare_new(std::string_view sql) {
  sqlite3_stmt* prepared = nullptr;
  const char* tail = nullptr;
  const int result = sqlite3_prepare_v3(session_.handle, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &prepared, &tail);
  if (result != SQLITE_OK) return failure(result, sql);
  if (prepared == nullptr) return Error(Status::internal, "no SQL statement in: " + sql_excerpt(sql));
  auto statement = std::make_shared<SqliteStatement>(prepared);
  const std::string_view rest(tail, static_cast<std::size_t>(sql.data() + sql.size() - tail));
  if (rest.find_first_not_of(" \t\r\n;") != std::string_view::npos) {
    return Error(Status::internal, "more than one SQL statement in: " + sql_excerpt(sql));
  }
  statement->parameters = sqlite3_bind_parameter_count(prepared);
  statement->inserts = starts_with_insert(sql);
  read_columns(*statement);
  return statement;
}

Error SqliteConnection::failure(int result, std::string_view doing) {
  Error error = sqlite_error(session_.handle, result, doing);
  // A full disk or a busy one passes; a file that cannot be read is opened again.
  if (error.status() == Status::unavailable && error.app_code() != code::kDiskFull) health_ = Health::broken;
  return error;
}

int SqliteConnection::on_busy(void* self, int attempt) {
  auto& connection = *static_cast<SqliteConnection*>(self);
  const auto now = Clock::now();
  if (attempt == 0) {
    const bool waited = connection.wait_limit_ != Clock::time_point{};
    connection.lock_limit_ =
        std::min(connection.deadline_, waited ? connection.wait_limit_ : now + connection.lock_timeout_);
  }
  if (now >= connection.lock_limit_) return 0;
  const auto index = std::min(static_cast<std::size_t>(attempt), kLockPauses.size() - 1);
  std::this_thread::sleep_for(std::min<Clock::duration>(kLockPauses[index], connection.lock_limit_ - now));
  return 1;
}

int SqliteConnection::on_progress(void* self) {
  return Clock::now() >= static_cast<const SqliteConnection*>(self)->deadline_ ? 1 : 0;
}

}  // namespace nexus::storage
