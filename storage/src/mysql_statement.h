// A server-side prepared statement with its parameter and result buffers.
#pragma once

#include "batch.h"
#include "connection.h"

#include <mysql.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::storage {

class MysqlStatement {
 public:
  explicit MysqlStatement(MYSQL_STMT* prepared) : handle_(prepared) {}
  ~MysqlStatement() { mysql_stmt_close(handle_); }
  MysqlStatement(const MysqlStatement&) = delete;
  MysqlStatement& operator=(const MysqlStatement&) = delete;

  MYSQL_STMT* handle() const noexcept { return handle_; }
  unsigned long parameters() const noexcept { return mysql_stmt_param_count(handle_); }
  const std::vector<std::string>& columns() const noexcept { return names_; }

  // 0, or the error. `cursor`: the server keeps the rows, so that other statements may run while they are fetched.
  unsigned execute(Args args, bool cursor);
  // After execute: makes buffers for the columns of this run. 0, or the error.
  unsigned bind_columns();
  enum class Fetched { row, end, failed };
  // Appends the next row to `batch`.
  Fetched fetch(Batch& batch);

 private:
  // How a column is read: both engines give the same nx_value type for the same content.
  enum class Kind { integer, real, decimal, text, blob };
  struct Column {
    Kind kind = Kind::text;
    bool is_unsigned = false;
    std::int64_t integer = 0;
    double real = 0;
    unsigned long length = 0;
    my_bool is_null = 0;
    my_bool truncated = 0;
  };

  static Kind kind_of(const MYSQL_FIELD& field);
  void describe(const MYSQL_FIELD* fields, unsigned count);
  bool append(Batch& batch, unsigned index);
  bool append_bytes(Batch& batch, unsigned index);

  MYSQL_STMT* handle_;
  std::vector<MYSQL_BIND> parameters_;
  std::vector<MYSQL_BIND> results_;
  std::vector<Column> columns_;  // results_ points into it
  std::vector<std::string> names_;
};

}  // namespace nexus::storage
