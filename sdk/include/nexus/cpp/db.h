// SQL with bound parameters and typed rows.
#pragma once

#include <nexus/cpp/call.h>

#include <concepts>
#include <optional>
#include <type_traits>

namespace nexus {

struct Blob {
  std::string_view bytes;
};
struct TimeUs {
  std::int64_t microseconds;
};

// Anything that may be bound to a `?`.
inline nx_value bind_value(std::nullptr_t) noexcept { return null_value(); }
inline nx_value bind_value(bool flag) noexcept { return to_value(flag); }
inline nx_value bind_value(double number) noexcept { return to_value(number); }
inline nx_value bind_value(std::string_view text) noexcept { return to_value(text); }
inline nx_value bind_value(const std::string& text) noexcept { return to_value(std::string_view(text)); }
inline nx_value bind_value(const char* text) noexcept { return to_value(std::string_view(text)); }
inline nx_value bind_value(Blob blob) noexcept { return blob_value(blob.bytes); }
inline nx_value bind_value(TimeUs time) noexcept { return time_value(time.microseconds); }
inline nx_value bind_value(const nx_value& value) noexcept { return value; }
template <std::integral Number>
requires(!std::same_as<Number, bool>) nx_value bind_value(Number number)
noexcept { return to_value(static_cast<std::int64_t>(number)); }
template <class T>
nx_value bind_value(const std::optional<T>& value) noexcept {
  return value ? bind_value(*value) : null_value();
}

// One row while it is read. Columns count from 0; a NULL reads as zero or empty, ask null() where it matters.
class Row {
 public:
  explicit Row(std::span<const nx_value> cells) noexcept : cells_(cells) {}

  bool null(std::size_t column) const noexcept { return cell(column).type == NX_V_NULL; }
  std::int64_t integer(std::size_t column) const noexcept {
    const auto& value = cell(column);
    if (value.type == NX_V_F64) return static_cast<std::int64_t>(value.u.f);
    return value.type == NX_V_TEXT || value.type == NX_V_BLOB ? 0 : value.u.i;
  }
  double real(std::size_t column) const noexcept {
    const auto& value = cell(column);
    return value.type == NX_V_F64 ? value.u.f : static_cast<double>(integer(column));
  }
  bool boolean(std::size_t column) const noexcept { return integer(column) != 0; }
  std::string_view text(std::size_t column) const noexcept {
    const auto& value = cell(column);
    return value.type == NX_V_TEXT || value.type == NX_V_BLOB ? view(value.u.s) : std::string_view{};
  }
  std::string string(std::size_t column) const { return std::string(text(column)); }
  std::optional<std::int64_t> optional_integer(std::size_t column) const noexcept {
    return null(column) ? std::nullopt : std::optional(integer(column));
  }
  std::optional<std::string> optional_string(std::size_t column) const {
    return null(column) ? std::nullopt : std::optional(string(column));
  }

 private:
  const nx_value& cell(std::size_t column) const noexcept {
    assert(column < cells_.size());
    return cells_[column];
  }
  std::span<const nx_value> cells_;
};

struct ExecResult {
  std::int64_t affected = 0;
  std::int64_t last_id = 0;
};

class Transaction;

// Statements on behalf of a call; inside a Transaction they belong to it. Blocks; only on workers.
class Sql {
 public:
  explicit Sql(Call& call) noexcept : Sql(call, 0) {}

  Call& call() const noexcept { return *call_; }
  bool is_mysql() const noexcept { return db().dialect(call_->host().raw) == NX_DIALECT_MYSQL; }

  template <class... Args>
  Result<ExecResult> exec(std::string_view sql, const Args&... args) const {
    const std::array<nx_value, sizeof...(Args)> values{bind_value(args)...};
    return exec_values(sql, values);
  }
  Result<ExecResult> exec_values(std::string_view sql, std::span<const nx_value> args) const {
    const nx_query query = make(sql, args);
    nx_exec_result out{sizeof(nx_exec_result), 0, 0, 0};
    if (const auto status = db().exec(call_->raw(), &query, &out); status != NX_OK) return failed(status);
    return ExecResult{out.affected, out.last_id};
  }

  // The first row through `map`, or nullopt where there is none. What `map` answers must own its parts: the views of a
  // row end with it.
  template <class Map, class... Args>
  auto first(Map&& map, std::string_view sql, const Args&... args) const
      -> Result<std::optional<std::invoke_result_t<Map, const Row&>>> {
    const std::array<nx_value, sizeof...(Args)> values{bind_value(args)...};
    std::optional<std::invoke_result_t<Map, const Row&>> found;
    NEXUS_TRY(each_values(sql, values, [&](const Row& row) {
      found.emplace(map(row));
      return false;
    }));
    return found;
  }

  // Every row through `map`, likewise. Bound the number of rows in the SQL.
  template <class Map, class... Args>
  auto all(Map&& map, std::string_view sql, const Args&... args) const
      -> Result<std::vector<std::invoke_result_t<Map, const Row&>>> {
    const std::array<nx_value, sizeof...(Args)> values{bind_value(args)...};
    return all_values(std::forward<Map>(map), sql, values);
  }
  template <class Map>
  auto all_values(Map&& map, std::string_view sql, std::span<const nx_value> args) const
      -> Result<std::vector<std::invoke_result_t<Map, const Row&>>> {
    std::vector<std::invoke_result_t<Map, const Row&>> rows;
    NEXUS_TRY(each_values(sql, args, [&](const Row& row) {
      rows.push_back(map(row));
      return true;
    }));
    return rows;
  }

  // Calls `use` for each row until it answers false.
  template <class Use>
  Result<void> each_values(std::string_view sql, std::span<const nx_value> args, Use&& use) const {
    const nx_query query = make(sql, args);
    nx_rows* raw = nullptr;
    if (const auto status = db().query(call_->raw(), &query, &raw); status != NX_OK) return failed(status);
    const std::unique_ptr<nx_rows, void (*)(nx_rows*)> rows(raw, db().rows_free);
    const std::size_t width = db().columns(raw, nullptr, 0);
    for (;;) {
      const nx_value* cells = nullptr;
      std::uint32_t count = 0;
      if (const auto status = db().fetch(raw, &cells, &count); status != NX_OK) return failed(status);
      if (count == 0) return {};
      for (std::uint32_t i = 0; i < count; ++i) {
        if (!use(Row({cells + i * width, width}))) return {};
      }
    }
  }

  // A single number, such as a count; 0 where there is no row.
  template <class... Args>
  Result<std::int64_t> number(std::string_view sql, const Args&... args) const {
    const std::array<nx_value, sizeof...(Args)> values{bind_value(args)...};
    return number_values(sql, values);
  }
  Result<std::int64_t> number_values(std::string_view sql, std::span<const nx_value> args) const {
    std::int64_t found = 0;
    NEXUS_TRY(each_values(sql, args, [&](const Row& row) {
      found = row.integer(0);
      return false;
    }));
    return found;
  }

  // At most one transaction per call.
  inline Result<Transaction> begin() const;

 protected:
  Sql(Call& call, nx_handle transaction) noexcept : call_(&call), transaction_(transaction) {}

  const nx_db_api& db() const noexcept { return *call_->host().db; }
  nx_query make(std::string_view sql, std::span<const nx_value> args) const noexcept {
    nx_query query{};
    query.struct_size = sizeof query;
    query.tx = transaction_;
    query.sql = to_abi(sql);
    query.args = args.data();
    query.arg_count = static_cast<std::uint32_t>(args.size());
    return query;
  }
  static Error failed(nx_status status) { return Error(Status{status}, "statement failed"); }

  Call* call_;
  nx_handle transaction_;
};

// Rolled back on destruction unless committed.
class Transaction : public Sql {
 public:
  Transaction(Transaction&& other) noexcept : Sql(*other.call_, std::exchange(other.transaction_, 0)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() {
    if (transaction_ != 0) db().rollback(call_->raw(), transaction_);
  }

  Result<void> commit() {
    if (const auto status = db().commit(call_->raw(), std::exchange(transaction_, 0)); status != NX_OK)
      return failed(status);
    return {};
  }

 private:
  friend class Sql;
  using Sql::Sql;
};

inline Result<Transaction> Sql::begin() const {
  nx_handle handle = 0;
  if (const auto status = db().begin(call_->raw(), &handle); status != NX_OK) return failed(status);
  return Transaction(*call_, handle);
}

}  // namespace nexus
