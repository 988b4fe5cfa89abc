// SQLite behind the Connection interface.
#pragma once

#include "batch.h"
#include "connection.h"
#include "sqlite_session.h"
#include "statement_cache.h"

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace nexus::storage {

enum class SqliteRole { reader, writer };

// A prepared statement and its columns. Finalized before its session closes.
struct SqliteStatement {
  explicit SqliteStatement(sqlite3_stmt* prepared) : handle(prepared) {}
  ~SqliteStatement() { sqlite3_finalize(handle); }
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  sqlite3_stmt* handle;
  int parameters = 0;
  bool inserts = false;
  std::vector<std::string> columns;
  int prepared_again = 0;  // SQLite's count at the time `columns` was read: a changed schema changes it
};

// Statements run on the native handle of SOCI's session. Its own statements, prepared and reused with bound variables,
// read as fast, but they fix the types of columns at compile time; rows of unknown types (soci::row) took 17 us instead
// of 3.4 us for one row by its key and read text in an integer column as 0.
class SqliteConnection final : public Connection {
 public:
  // Sets the pragmas of `role` on an open session. `lock_timeout`: the longest wait for a lock.
  static Result<std::unique_ptr<Connection>> open(const std::string& path, SqliteRole role,
                                                  std::chrono::milliseconds lock_timeout);
  ~SqliteConnection() override { statements_.clear(); }

  Result<ExecResult> exec(std::string_view sql, Args args, Clock::time_point deadline) override;
  Result<std::unique_ptr<LeasedRows>> query(std::string_view sql, Args args, Clock::time_point deadline) override;
  Result<void> begin(Clock::time_point deadline) override;
  Result<void> commit() override;
  void rollback() noexcept override;
  bool in_transaction() const noexcept override { return sqlite3_get_autocommit(session_.handle) == 0; }
  bool usable() noexcept override { return true; }

 private:
  friend class SqliteRows;

  SqliteConnection(SqliteSession session, std::chrono::milliseconds lock_timeout);

  Result<std::shared_ptr<SqliteStatement>> prepare(std::string_view sql);
  Result<std::shared_ptr<SqliteStatement>> prepare_new(std::string_view sql);
  Result<void> run(std::string_view sql);
  Error failure(int result, std::string_view doing);
  static int on_busy(void* self, int attempt);
  static int on_progress(void* self);

  SqliteSession session_;
  StatementCache<SqliteStatement> statements_;
  BatchHolder batches_;
  const std::chrono::milliseconds lock_timeout_;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point lock_limit_{};
};

}  // namespace nexus::storage
