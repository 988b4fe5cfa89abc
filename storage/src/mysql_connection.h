// MySQL and MariaDB behind the Connection interface.
#pragma once

#include "batch.h"
#include "connection.h"
#include "mysql_session.h"
#include "mysql_statement.h"
#include "statement_cache.h"

#include <mysql.h>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace nexus::storage {

// How long one session lets its statements run.
struct MysqlTimeouts {
  std::chrono::seconds network{3};  // connect, and each read and write
  // The server gives up earlier than the client, so that a slow statement costs an error and not the connection.
  std::chrono::milliseconds statement{2500};
  std::chrono::seconds lock{2};
};

// Statements run on the native handle of SOCI's session, as server-side prepared ones: SOCI has none for MySQL, quotes
// values into the text, and cannot send or read blobs.
class MysqlConnection final : public Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const Location& location, const MysqlTimeouts& timeouts,
                                                  Clock::time_point deadline);
  ~MysqlConnection() override;

  Result<ExecResult> exec(std::string_view sql, Args args, Clock::time_point deadline) override;
  Result<std::unique_ptr<LeasedRows>> query(std::string_view sql, Args args, Clock::time_point deadline) override;
  Result<void> begin(Clock::time_point deadline) override;
  Result<void> commit() override;
  void rollback() noexcept override;
  bool in_transaction() const noexcept override;
  bool usable() noexcept override;

 private:
  friend class MysqlRows;

  MysqlConnection(MysqlSession session, const MysqlTimeouts& timeouts);

  Result<void> set_up();
  // A statement of ours, or one that the server cannot prepare.
  Result<void> run_text(std::string_view sql);
  Result<std::shared_ptr<MysqlStatement>> prepare(StatementCache<MysqlStatement>& cache, std::string_view sql);
  Result<std::shared_ptr<MysqlStatement>> prepare_new(std::string_view sql);
  Result<std::shared_ptr<MysqlStatement>> start(std::string_view sql, Args args);
  Result<void> limit_time(Clock::time_point deadline);
  ExecResult result_of(std::uint64_t affected, std::uint64_t last_id) const;
  Error failure(unsigned number, std::string_view message, std::string_view doing);
  Error statement_failure(const MysqlStatement& statement, std::string_view doing);
  // Drops what the server still sends, together with the connection.
  void abandon() noexcept;

  MysqlSession session_;
  StatementCache<MysqlStatement> statements_;
  // The client library gets out of step (2014) when one statement runs without a server cursor and then with one, so
  // those of transactions, which use cursors, are kept apart.
  StatementCache<MysqlStatement> cursor_statements_;
  BatchHolder batches_;
  const MysqlTimeouts timeouts_;
  const bool is_mariadb_;
  std::chrono::milliseconds time_limit_{0};  // what the server was told last; 0: none
  Clock::time_point started_{};              // of the statement that runs
  bool transaction_lost_ = false;            // the server rolled it back
};

}  // namespace nexus::storage
