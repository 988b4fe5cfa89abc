#include "sqlite_rows.h"

namespace nexus::storage {
namespace {

int bind_one(sqlite3_stmt* statement, int position, const nx_value& value, sqlite3_destructor_type lifetime) {
  // A null pointer would bind NULL.
  const char* bytes = value.u.s.ptr == nullptr ? "" : value.u.s.ptr;
  switch (value.type) {
    case NX_V_I64:
    case NX_V_BOOL:
    case NX_V_TIME_US: return sqlite3_bind_int64(statement, position, value.u.i);
    case NX_V_F64: return sqlite3_bind_double(statement, position, value.u.f);
    case NX_V_TEXT: return sqlite3_bind_text64(statement, position, bytes, value.u.s.len, lifetime, SQLITE_UTF8);
    case NX_V_BLOB: return sqlite3_bind_blob64(statement, position, bytes, value.u.s.len, lifetime);
    default: return sqlite3_bind_null(statement, position);
  }
}

std::string_view value_bytes(const void* bytes, int size) {
  return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

}  // namespace

int bind_sqlite(sqlite3_stmt* statement, Args args, bool keep) {
  const sqlite3_destructor_type lifetime = keep ? SQLITE_TRANSIENT : SQLITE_STATIC;
  for (std::size_t at = 0; at < args.size(); ++at) {
    const int result = bind_one(statement, static_cast<int>(at) + 1, args[at], lifetime);
    if (result != SQLITE_OK) return result;
  }
  return SQLITE_OK;
}

SqliteRows::SqliteRows(SqliteConnection& connection, std::shared_ptr<SqliteStatement> statement,
                       Clock::time_point deadline)
    : connection_(connection),
      statement_(std::move(statement)),
      batch_(connection.batches_.take()),
      deadline_(deadline) {}

SqliteRows::~SqliteRows() {
  finish();
  connection_.batches_.put(std::move(batch_));
}

Result<void> SqliteRows::read_first() { return read_batch(); }

Result<std::span<const nx_value>> SqliteRows::fetch() {
  if (first_) {
    first_ = false;
  } else {
    batch_->clear();
    if (!done_) {
      connection_.deadline_ = deadline_;
      NEXUS_TRY(read_batch());
    }
  }
  return batch_->cells();
}

Result<void> SqliteRows::read_batch() {
  const SqliteLock lock(connection_.session_.handle);
  while (!batch_->full()) {
    const int result = sqlite3_step(statement_->handle);
    if (result == SQLITE_ROW) {
      read_row();
      continue;
    }
    done_ = true;
    if (result == SQLITE_DONE) {
      sqlite3_reset(statement_->handle);
      return {};
    }
    Error error = connection_.failure(result, sqlite3_sql(statement_->handle));
    finish();
    return error;
  }
  return {};
}

void SqliteRows::read_row() {
  sqlite3_stmt* statement = statement_->handle;
  const int count = sqlite3_column_count(statement);
  for (int column = 0; column < count; ++column) {
    // Read without further locking: the connection's lock is held.
    sqlite3_value* value = sqlite3_column_value(statement, column);
    switch (sqlite3_value_type(value)) {
      case SQLITE_INTEGER: batch_->add({NX_V_I64, 0, {.i = sqlite3_value_int64(value)}}); break;
      case SQLITE_FLOAT: batch_->add({NX_V_F64, 0, {.f = sqlite3_value_double(value)}}); break;
      case SQLITE_TEXT: {
        const void* text = sqlite3_value_text(value);
        batch_->add_bytes(NX_V_TEXT, value_bytes(text, sqlite3_value_bytes(value)));
        break;
      }
      case SQLITE_BLOB: {
        const void* blob = sqlite3_value_blob(value);
        batch_->add_bytes(NX_V_BLOB, value_bytes(blob, sqlite3_value_bytes(value)));
        break;
      }
      default: batch_->add({NX_V_NULL, 0, {.i = 0}});
    }
  }
  batch_->end_row();
}

void SqliteRows::finish() noexcept {
  if (statement_ != nullptr && sqlite3_stmt_busy(statement_->handle) != 0) sqlite3_reset(statement_->handle);
  done_ = true;
}

}  // namespace nexus::storage
