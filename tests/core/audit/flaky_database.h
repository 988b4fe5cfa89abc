// A real database that counts its transactions, and whose commits can go wrong as those of a lost connection do.
#pragma once

#include <nexus/storage/database.h>

#include <atomic>
#include <memory>

namespace nexus::test {

class FlakyDatabase final : public storage::Database {
 public:
  explicit FlakyDatabase(storage::Database& real) : real_(real) {}

  // The next commits take place, but say that they failed.
  void lose_answers(int count) { lost_answers_ = count; }
  // The next commits do not take place.
  void fail_commits(int count) { failed_commits_ = count; }
  int begun() const { return begun_; }

  storage::Dialect dialect() const noexcept override { return real_.dialect(); }
  Result<storage::ExecResult> exec(std::string_view sql, std::span<const nx_value> args,
                                   storage::Clock::time_point deadline) override {
    return real_.exec(sql, args, deadline);
  }
  Result<std::unique_ptr<storage::Rows>> query(std::string_view sql, std::span<const nx_value> args, bool writes,
                                               storage::Clock::time_point deadline) override {
    return real_.query(sql, args, writes, deadline);
  }
  Result<std::unique_ptr<storage::Transaction>> begin(storage::Clock::time_point deadline) override {
    ++begun_;
    NEXUS_ASSIGN(auto real, real_.begin(deadline));
    return std::unique_ptr<storage::Transaction>(std::make_unique<Flaky>(*this, std::move(real)));
  }
  Result<void> ping(storage::Clock::time_point deadline) override { return real_.ping(deadline); }

 private:
  class Flaky final : public storage::Transaction {
   public:
    Flaky(FlakyDatabase& owner, std::unique_ptr<storage::Transaction> real) : owner_(owner), real_(std::move(real)) {}
    Result<storage::ExecResult> exec(std::string_view sql, std::span<const nx_value> args) override {
      return real_->exec(sql, args);
    }
    Result<std::unique_ptr<storage::Rows>> query(std::string_view sql, std::span<const nx_value> args) override {
      return real_->query(sql, args);
    }
    Result<void> commit() override {
      const Error lost(Status::unavailable, "the connection was lost");
      if (owner_.failed_commits_ > 0) {
        --owner_.failed_commits_;
        real_->rollback();
        return lost;
      }
      NEXUS_TRY(real_->commit());
      if (owner_.lost_answers_ == 0) return {};
      --owner_.lost_answers_;
      return lost;
    }
    void rollback() noexcept override { real_->rollback(); }

   private:
    FlakyDatabase& owner_;
    std::unique_ptr<storage::Transaction> real_;
  };

  storage::Database& real_;
  std::atomic<int> begun_{0};
  std::atomic<int> lost_answers_{0};
  std::atomic<int> failed_commits_{0};
};

}  // namespace nexus::test
