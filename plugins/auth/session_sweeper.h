// Removes sessions that ended a while ago, a batch at a time.
#pragma once

#include <nexus/cpp/call.h>

#include <cstdint>
#include <mutex>

namespace nexus::auth {

// Thread-safe.
class SessionSweeper {
 public:
  static constexpr std::int64_t kIntervalUs = 600 * std::int64_t{1'000'000};
  // The only writer of SQLite is held for one batch: some ten milliseconds.
  static constexpr std::int64_t kBatch = 500;
  static constexpr std::int64_t kPauseBetweenBatchesUs = 1'000'000;
  // Ended sessions stay so long, for whoever looks into what happened.
  static constexpr std::int64_t kKeepEndedUs = 86'400 * std::int64_t{1'000'000};

  explicit SessionSweeper(const Host& host) noexcept : host_(&host) {}

  void start() { arm(kPauseBetweenBatchesUs); }
  // No sweep begins after it returned; one that runs may still end.
  void stop() noexcept;

  // One batch; answers when the next is due, in microseconds.
  std::int64_t sweep(Call& call) const;

 private:
  void arm(std::int64_t delay_us);

  const Host* host_;
  std::mutex mutex_;
  nx_handle timer_ = 0;
  bool stopped_ = false;
};

}  // namespace nexus::auth
