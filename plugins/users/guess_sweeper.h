// Removes counters that have decayed and networks that are no longer known, a batch at a time.
#pragma once

#include <nexus/cpp/repeating_work.h>

#include <cstdint>

namespace nexus::users {

// Thread-safe.
class GuessSweeper {
 public:
  static constexpr std::int64_t kIntervalUs = 24 * 3600 * std::int64_t{1'000'000};
  // The only writer of SQLite is held for one batch: some ten milliseconds.
  static constexpr std::int64_t kBatch = 500;
  static constexpr std::int64_t kPauseBetweenBatchesUs = 1'000'000;

  explicit GuessSweeper(const Host& host)
      : host_(&host),
        rounds_(host, "removing old counters of wrong passwords", [this](Call& call) { return sweep(call); }) {}

  void start() { rounds_.start(kPauseBetweenBatchesUs); }
  // No sweep begins after it returned; one that runs may still end.
  void stop() noexcept { rounds_.stop(); }

  // One batch; answers when the next is due, in microseconds.
  std::int64_t sweep(Call& call) const;

 private:
  const Host* host_;
  RepeatingWork rounds_;
};

}  // namespace nexus::users
