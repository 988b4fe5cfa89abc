#include "mysql_rows.h"

#include "sql_excerpt.h"

namespace nexus::storage {

MysqlRows::MysqlRows(MysqlConnection& connection, std::shared_ptr<MysqlStatement> statement, std::string_view sql,
                     bool cursor)
    : connection_(connection),
      statement_(std::move(statement)),
      sql_(sql_excerpt(sql)),
      batch_(connection.batches_.take()),
      cursor_(cursor) {}

MysqlRows::~MysqlRows() {
  finish();
  connection_.batches_.put(std::move(batch_));
}

Result<void> MysqlRows::read_first() {
  if (const unsigned number = statement_->bind_columns(); number != 0) {
    done_ = true;
    return connection_.statement_failure(*statement_, sql_);
  }
  if (statement_->columns().empty()) {  // not a query
    done_ = true;
    return {};
  }
  return read_batch();
}

Result<std::span<const nx_value>> MysqlRows::fetch() {
  if (first_) {
    first_ = false;
  } else {
    batch_->clear();
    if (!done_) NEXUS_TRY(read_batch());
  }
  return batch_->cells();
}

Result<void> MysqlRows::read_batch() {
  connection_.started_ = Clock::now();
  while (!batch_->full()) {
    const auto fetched = statement_->fetch(*batch_);
    if (fetched == MysqlStatement::Fetched::row) continue;
    done_ = true;
    if (fetched == MysqlStatement::Fetched::end) {
      mysql_stmt_free_result(statement_->handle());
      return {};
    }
    Error error = connection_.statement_failure(*statement_, sql_);
    if (connection_.health() == Health::good) mysql_stmt_free_result(statement_->handle());
    return error;
  }
  return {};
}

void MysqlRows::finish() noexcept {
  if (done_) return;
  done_ = true;
  // Without a cursor the rest is on its way, however long it is; to read it all only to drop it could take for ever.
  if (cursor_) {
    mysql_stmt_free_result(statement_->handle());
  } else {
    connection_.abandon();
  }
}

}  // namespace nexus::storage
