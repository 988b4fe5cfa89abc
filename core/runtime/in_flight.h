// How many callbacks of one plugin run or wait, cheap to count from many threads.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace nexus::core {

// Counts in shards, so that workers do not share a cache line. Thread-safe.
//
// open: anything enters. draining: only what was promised before (always = true). closed: nothing.
// Why a reader that finds every shard at zero after a change of state may trust it: who enters counts itself first and
// reads the state second, who closes writes the state first and reads the counts second (all sequentially consistent).
class InFlight {
 public:
  enum class State : std::uint8_t { open, draining, closed };

  // One that is in; leaves on destruction. Empty where it was refused.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
    Ticket& operator=(Ticket&& other) noexcept {
      if (this != &other) {
        leave();
        count_ = std::exchange(other.count_, nullptr);
      }
      return *this;
    }
    ~Ticket() { leave(); }
    explicit operator bool() const noexcept { return count_ != nullptr; }

   private:
    friend class InFlight;
    explicit Ticket(std::atomic<std::int64_t>* count) noexcept : count_(count) {}
    void leave() noexcept {
      if (count_ != nullptr) count_->fetch_sub(1);
    }
    std::atomic<std::int64_t>* count_ = nullptr;
  };

  Ticket enter(bool always = false) noexcept {
    auto& count = shards_[shard()].count;
    count.fetch_add(1);
    Ticket ticket(&count);
    const auto state = state_.load();
    if (state == State::closed || (state == State::draining && !always)) return {};
    return ticket;
  }

  State state() const noexcept { return state_.load(); }
  void set(State state) noexcept { state_.store(state); }
  bool idle() const noexcept {
    for (const auto& shard : shards_) {
      if (shard.count.load() != 0) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kShards = 8;  // more threads than that share; correct all the same
  struct alignas(64) Shard {
    std::atomic<std::int64_t> count{0};
  };

  static std::size_t shard() noexcept {
    static std::atomic<std::size_t> next{0};
    thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % kShards;
    return mine;
  }

  std::array<Shard, kShards> shards_;
  std::atomic<State> state_{State::open};
};

}  // namespace nexus::core
