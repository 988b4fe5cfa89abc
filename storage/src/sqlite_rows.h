#pragma once

#include "sqlite_connection.h"

namespace nexus::storage {

// The rows of one run of a statement. The first batch is read at once: most results are one batch, and their statement
// is reset (which ends SQLite's read transaction) before anybody looks at them.
class SqliteRows final : public LeasedRows {
 public:
  SqliteRows(SqliteConnection& connection, std::shared_ptr<SqliteStatement> statement, Clock::time_point deadline);
  ~SqliteRows() override;

  Result<void> read_first();
  const std::vector<std::string>& columns() const override { return statement_->columns; }
  Result<std::span<const nx_value>> fetch() override;

 private:
  Result<void> read_batch();
  void read_row();
  void finish() noexcept;

  SqliteConnection& connection_;
  std::shared_ptr<SqliteStatement> statement_;
  std::unique_ptr<Batch> batch_;
  Clock::time_point deadline_;
  bool done_ = false;
  bool first_ = true;  // the batch has not been handed out yet
};

// Binds `args` to all parameters of `statement`. `keep`: the bytes of text must outlive this call, so SQLite copies
// them.
int bind_sqlite(sqlite3_stmt* statement, Args args, bool keep);

// Holds the lock of a connection over a run of calls, each of which then takes it without an atomic operation.
class SqliteLock {
 public:
  explicit SqliteLock(sqlite3* database) : mutex_(sqlite3_db_mutex(database)) { sqlite3_mutex_enter(mutex_); }
  ~SqliteLock() { sqlite3_mutex_leave(mutex_); }
  SqliteLock(const SqliteLock&) = delete;
  SqliteLock& operator=(const SqliteLock&) = delete;

 private:
  sqlite3_mutex* mutex_;
};

}  // namespace nexus::storage
