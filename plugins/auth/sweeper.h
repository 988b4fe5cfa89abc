// Removes what ended a while ago, a batch at a time.
#pragma once

#include <nexus/cpp/repeating_work.h>

#include <cstdint>
#include <functional>
#include <utility>

namespace nexus::auth {

// Thread-safe.
class Sweeper {
 public:
  static constexpr std::int64_t kIntervalUs = 600 * std::int64_t{1'000'000};
  // The only writer of SQLite is held for one batch: some ten milliseconds.
  static constexpr std::int64_t kBatch = 500;
  static constexpr std::int64_t kPauseBetweenBatchesUs = 1'000'000;
  // Ended sessions and tokens stay so long, for whoever looks into what happened; so does a second factor that was set
  // up and never enabled.
  static constexpr std::int64_t kKeepEndedUs = 86'400 * std::int64_t{1'000'000};

  // `upkeep` runs once in an interval, when there is nothing left to remove.
  explicit Sweeper(const Host& host, std::function<void(Call&)> upkeep = {})
      : host_(&host),
        upkeep_(std::move(upkeep)),
        rounds_(host, "removing what has ended", [this](Call& call) { return sweep(call); }) {}

  void start() { rounds_.start(kPauseBetweenBatchesUs); }
  // No sweep begins after it returned; one that runs may still end.
  void stop() noexcept { rounds_.stop(); }

  // One batch of each; answers when the next is due, in microseconds.
  std::int64_t sweep(Call& call) const;

 private:
  const Host* host_;
  std::function<void(Call&)> upkeep_;
  RepeatingWork rounds_;
};

}  // namespace nexus::auth
