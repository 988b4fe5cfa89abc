#pragma once

#include "connection.h"

namespace nexus::storage {

class PooledTransaction final : public Transaction {
 public:
  // The transaction has begun on the leased connection.
  PooledTransaction(Lease lease, Clock::time_point deadline) : lease_(std::move(lease)), deadline_(deadline) {}
  ~PooledTransaction() override { rollback(); }

  Result<ExecResult> exec(std::string_view sql, std::span<const nx_value> args) override {
    if (!active_) return ended();
    auto done = lease_->exec(sql, args, deadline_);
    if (!lease_->in_transaction()) [[unlikely]] {
      active_ = false;
      if (done.ok()) return Error(Status::internal, "the statement ended its transaction (a schema change?)");
    }
    return done;
  }

  Result<std::unique_ptr<Rows>> query(std::string_view sql, std::span<const nx_value> args) override {
    if (!active_) return ended();
    auto rows = lease_->query(sql, args, deadline_);
    if (!lease_->in_transaction()) active_ = false;
    if (!rows.ok()) return std::move(rows).error();
    return std::unique_ptr<Rows>(std::move(rows).value());
  }

  Result<void> commit() override {
    if (!active_) return ended();
    auto done = lease_->commit();
    if (done.ok()) {
      active_ = false;
    } else {
      rollback();
    }
    return done;
  }

  void rollback() noexcept override {
    if (active_) lease_->rollback();
    active_ = false;
  }

 private:
  static Error ended() { return Error(Status::stale, "the transaction has ended"); }

  Lease lease_;
  const Clock::time_point deadline_;
  bool active_ = true;  // false: statements would commit by themselves
};

}  // namespace nexus::storage
