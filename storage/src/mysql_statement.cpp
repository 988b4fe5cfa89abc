#include "mysql_statement.h"

#include <charconv>
#include <limits>

namespace nexus::storage {
namespace {

// MySQL's number for bytes without a character set.
constexpr unsigned kBinaryCharset = 63;
// Rows per round trip of a cursor.
constexpr unsigned long kCursorRows = kBatchRows;

MYSQL_BIND bind_parameter(const nx_value& value) {
  MYSQL_BIND bind{};
  // The interface takes non-const pointers for parameters and only reads them.
  auto& writable = const_cast<nx_value&>(value);
  switch (value.type) {
    case NX_V_I64:
    case NX_V_BOOL:
    case NX_V_TIME_US:
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = &writable.u.i;
      break;
    case NX_V_F64:
      bind.buffer_type = MYSQL_TYPE_DOUBLE;
      bind.buffer = &writable.u.f;
      break;
    case NX_V_TEXT:
    case NX_V_BLOB:
      bind.buffer_type = value.type == NX_V_TEXT ? MYSQL_TYPE_STRING : MYSQL_TYPE_BLOB;
      bind.buffer = const_cast<char*>(value.u.s.ptr != nullptr ? value.u.s.ptr : "");
      bind.buffer_length = value.u.s.len;
      break;
    default: bind.buffer_type = MYSQL_TYPE_NULL;
  }
  return bind;
}

// DECIMAL, which SUM of integers gives: an integer where it has no fraction and fits, as in SQLite.
nx_value decimal_value(std::string_view text) {
  std::int64_t integer = 0;
  const char* end = text.data() + text.size();
  const auto whole = std::from_chars(text.data(), end, integer);
  if (whole.ec == std::errc() && whole.ptr == end) return {NX_V_I64, 0, {.i = integer}};
  double real = 0;
  std::from_chars(text.data(), end, real);
  return {NX_V_F64, 0, {.f = real}};
}

}  // namespace

unsigned MysqlStatement::execute(Args args, bool cursor) {
  const unsigned long cursor_type = cursor ? CURSOR_TYPE_READ_ONLY : CURSOR_TYPE_NO_CURSOR;
  mysql_stmt_attr_set(handle_, STMT_ATTR_CURSOR_TYPE, &cursor_type);
  if (cursor) mysql_stmt_attr_set(handle_, STMT_ATTR_PREFETCH_ROWS, &kCursorRows);
  parameters_.clear();
  for (const nx_value& value : args) parameters_.push_back(bind_parameter(value));
  // The lengths are read through pointers, which stay good because parameters_ no longer grows.
  for (MYSQL_BIND& bind : parameters_) bind.length = &bind.buffer_length;
  if (!parameters_.empty() && mysql_stmt_bind_param(handle_, parameters_.data()) != 0) {
    return mysql_stmt_errno(handle_);
  }
  // Buffers are bound after each run. Without this the client library calls it an error (2057, with rows on their way)
  // when a table has got a column since the last run; with it, it takes the columns that the server describes.
  handle_->field_count = 0;
  return mysql_stmt_execute(handle_) == 0 ? 0 : mysql_stmt_errno(handle_);
}

MysqlStatement::Kind MysqlStatement::kind_of(const MYSQL_FIELD& field) {
  switch (field.type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR: return Kind::integer;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE: return Kind::real;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL: return Kind::decimal;
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_BIT: return field.charsetnr == kBinaryCharset ? Kind::blob : Kind::text;
    default: return Kind::text;  // dates and times
  }
}

void MysqlStatement::describe(const MYSQL_FIELD* fields, unsigned count) {
  names_.clear();
  columns_.assign(count, Column{});
  results_.assign(count, MYSQL_BIND{});
  for (unsigned index = 0; index < count; ++index) {
    Column& column = columns_[index];
    MYSQL_BIND& bind = results_[index];
    names_.emplace_back(fields[index].name, fields[index].name_length);
    column.kind = kind_of(fields[index]);
    column.is_unsigned = (fields[index].flags & UNSIGNED_FLAG) != 0;
    bind.length = &column.length;
    bind.is_null = &column.is_null;
    bind.error = &column.truncated;
    bind.is_unsigned = column.is_unsigned ? 1 : 0;
    if (column.kind == Kind::integer) {
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = &column.integer;
    } else if (column.kind == Kind::real) {
      bind.buffer_type = MYSQL_TYPE_DOUBLE;
      bind.buffer = &column.real;
    } else {
      // No buffer: a row says how long its bytes are, and then they are copied once, to their place in the batch.
      bind.buffer_type = column.kind == Kind::blob ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
    }
  }
}

unsigned MysqlStatement::bind_columns() {
  MYSQL_RES* metadata = mysql_stmt_result_metadata(handle_);
  if (metadata == nullptr) {
    names_.clear();
    columns_.clear();
    return mysql_stmt_errno(handle_);
  }
  describe(mysql_fetch_fields(metadata), mysql_num_fields(metadata));
  mysql_free_result(metadata);
  return mysql_stmt_bind_result(handle_, results_.data()) == 0 ? 0 : mysql_stmt_errno(handle_);
}

MysqlStatement::Fetched MysqlStatement::fetch(Batch& batch) {
  const int result = mysql_stmt_fetch(handle_);
  if (result == MYSQL_NO_DATA) return Fetched::end;
  if (result != 0 && result != MYSQL_DATA_TRUNCATED) return Fetched::failed;
  for (unsigned index = 0; index < columns_.size(); ++index) {
    if (!append(batch, index)) return Fetched::failed;
  }
  batch.end_row();
  return Fetched::row;
}

bool MysqlStatement::append(Batch& batch, unsigned index) {
  const Column& column = columns_[index];
  if (column.is_null != 0) {
    batch.add({NX_V_NULL, 0, {.i = 0}});
    return true;
  }
  if (column.kind == Kind::real) {
    batch.add({NX_V_F64, 0, {.f = column.real}});
    return true;
  }
  if (column.kind != Kind::integer) return append_bytes(batch, index);
  // What 63 bits do not hold becomes a float, as in SQLite.
  if (column.is_unsigned && column.integer < 0) {
    batch.add({NX_V_F64, 0, {.f = static_cast<double>(static_cast<std::uint64_t>(column.integer))}});
  } else {
    batch.add({NX_V_I64, 0, {.i = column.integer}});
  }
  return true;
}

bool MysqlStatement::append_bytes(Batch& batch, unsigned index) {
  const Column& column = columns_[index];
  const unsigned long size = column.length;
  char* place = batch.reserve(size);
  if (size > 0) {
    MYSQL_BIND bind{};
    unsigned long length = 0;
    my_bool is_null = 0;
    my_bool truncated = 0;
    bind.buffer_type = results_[index].buffer_type;
    bind.buffer = place;
    bind.buffer_length = size;
    bind.length = &length;
    bind.is_null = &is_null;
    bind.error = &truncated;
    if (mysql_stmt_fetch_column(handle_, &bind, index, 0) != 0) return false;
  }
  if (column.kind == Kind::decimal) {
    batch.add(decimal_value({place, size}));
  } else {
    batch.add({static_cast<std::uint32_t>(column.kind == Kind::blob ? NX_V_BLOB : NX_V_TEXT), 0, {.s = {place, size}}});
  }
  return true;
}

}  // namespace nexus::storage
