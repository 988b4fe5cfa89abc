// The panel's database: one engine of two, a bounded set of connections, cached prepared statements.
#pragma once

#include <nexus/base.h>
#include <nexus/cpp/result.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::storage {

enum class Dialect { sqlite, mysql };

using Clock = std::chrono::steady_clock;

struct DatabaseOptions {
  // "sqlite:///absolute/path.db" or "mysql://user:password@host:port/database" (percent-encoded where needed).
  std::string url;
  // Connections that read at the same time; at least the number of worker threads, so that a worker never waits for
  // another that reads. MySQL connections all read and write; SQLite has one more that writes.
  unsigned readers = 4;
  // Longest wait for a connection; requests then answer 503.
  std::chrono::milliseconds lease_timeout{3000};
  // MySQL only: connect, read and write time-outs of the client library (whole seconds).
  std::chrono::seconds network_timeout{3};
};

struct ExecResult {
  std::int64_t affected = 0;
  std::int64_t last_id = 0;
};

// Rows of one query. Holds its connection until it is destroyed. Not thread-safe.
class Rows {
 public:
  virtual ~Rows() = default;
  virtual const std::vector<std::string>& columns() const = 0;
  // The next batch of cells, row-major; empty at the end. Valid until the next call.
  virtual Result<std::span<const nx_value>> fetch() = 0;
};

// A writing transaction on a connection of its own. Rolled back on destruction unless committed. Not thread-safe.
class Transaction {
 public:
  virtual ~Transaction() = default;
  virtual Result<ExecResult> exec(std::string_view sql, std::span<const nx_value> args) = 0;
  // The rows must be destroyed before the transaction ends.
  virtual Result<std::unique_ptr<Rows>> query(std::string_view sql, std::span<const nx_value> args) = 0;
  // A failure has rolled back; with Status::unavailable of a database that went away, either may be so.
  virtual Result<void> commit() = 0;
  virtual void rollback() noexcept = 0;
};

// Thread-safe. Every function that needs a connection waits for it until the earlier of `deadline` and the lease
// time-out, then answers Status::busy. A database that is away answers Status::unavailable and is tried again by later
// calls. A unique or foreign key violation is Status::conflict; a full disk is Status::unavailable with app code 50701.
class Database {
 public:
  // Opens and checks the database; creates a SQLite file with mode 0600. Fails with a reason that names the URL without
  // its password.
  static Result<std::unique_ptr<Database>> open(const DatabaseOptions& options);
  virtual ~Database() = default;

  virtual Dialect dialect() const noexcept = 0;
  virtual Result<ExecResult> exec(std::string_view sql, std::span<const nx_value> args, Clock::time_point deadline) = 0;
  // `writes`: the query also changes rows, so SQLite runs it on the writer.
  virtual Result<std::unique_ptr<Rows>> query(std::string_view sql, std::span<const nx_value> args, bool writes,
                                              Clock::time_point deadline) = 0;
  virtual Result<std::unique_ptr<Transaction>> begin(Clock::time_point deadline) = 0;
  // Whether a trivial query succeeds now: what /readyz asks.
  virtual Result<void> ping(Clock::time_point deadline) = 0;
};

}  // namespace nexus::storage
