// One session of an engine, and what the pool needs to know of it.
#pragma once

#include "lease.h"

#include <nexus/cpp/result.h>
#include <nexus/storage/database.h>

#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace nexus::storage {

using Args = std::span<const nx_value>;

// Rows that may hold the lease of their connection. The lease is a member of the base, so it ends after the derived
// class has put its statement back.
class LeasedRows : public Rows {
 public:
  void hold(Lease lease) noexcept { lease_ = std::move(lease); }

 private:
  Lease lease_;
};

// How a connection ended its last use.
enum class Health {
  good,
  broken,   // of no more use: the pool drops it
  stalled,  // broken because the server did not answer in time: the pool drops all that are idle, too
};

// Used by one thread at a time.
class Connection {
 public:
  virtual ~Connection() = default;
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  virtual Result<ExecResult> exec(std::string_view sql, Args args, Clock::time_point deadline) = 0;
  virtual Result<std::unique_ptr<LeasedRows>> query(std::string_view sql, Args args, Clock::time_point deadline) = 0;
  virtual Result<void> begin(Clock::time_point deadline) = 0;
  virtual Result<void> commit() = 0;
  virtual void rollback() noexcept = 0;
  // Whether a transaction is open; the engine may have ended it by itself.
  virtual bool in_transaction() const noexcept = 0;
  // Whether an idle connection still stands, without asking the server.
  virtual bool usable() noexcept = 0;

  Health health() const noexcept { return health_; }
  // The pool's word on how long this use may still wait for locks; the epoch: the engine counts from its first wait.
  void set_wait_limit(Clock::time_point limit) noexcept { wait_limit_ = limit; }

 protected:
  Health health_ = Health::good;
  Clock::time_point wait_limit_{};
};

}  // namespace nexus::storage
