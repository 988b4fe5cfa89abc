#pragma once

#include "mysql_connection.h"

#include <string>

namespace nexus::storage {

// The rows of one run of a statement, read from the network a batch at a time.
class MysqlRows final : public LeasedRows {
 public:
  // `cursor`: the server holds the rows, so the connection is free for other statements between batches.
  MysqlRows(MysqlConnection& connection, std::shared_ptr<MysqlStatement> statement, std::string_view sql, bool cursor);
  ~MysqlRows() override;

  Result<void> read_first();
  const std::vector<std::string>& columns() const override { return statement_->columns(); }
  Result<std::span<const nx_value>> fetch() override;

 private:
  Result<void> read_batch();
  void finish() noexcept;

  MysqlConnection& connection_;
  std::shared_ptr<MysqlStatement> statement_;
  std::string sql_;
  std::unique_ptr<Batch> batch_;
  const bool cursor_;
  bool done_ = false;
  bool first_ = true;  // the batch has not been handed out yet
};

}  // namespace nexus::storage
