// Sliding-window limits: never more than N requests of one key in any 60 seconds.
#pragma once

#include <nexus/api/exchange.h>

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace nexus::api {

// Whether a request passes, and what its rate-limit headers say.
struct RateDecision {
  bool allowed = true;
  std::uint32_t limit = 0;  // 0: unlimited, no headers
  std::uint32_t remaining = 0;
  std::uint32_t reset_seconds = 0;  // until the oldest counted request leaves the window; at least 1
};

// Thread-safe. A key is 16 bytes: an address, or a user's id.
class RateLimiter {
 public:
  using Key = std::array<std::uint8_t, 16>;

  // Counts the request if it passes.
  RateDecision take(const Key& key, std::uint32_t limit, Clock::time_point now);
  std::size_t keys() const;

  // Keys remembered at most: 100,000 sources cost about 12 MB. Beyond, the key with the fewest requests of a few is
  // forgotten: a flood of addresses pushes out its own kind first, not somebody who is near the limit.
  static constexpr std::size_t kMaxKeys = 131'072;

 private:
  // Requests are counted in steps of this length, and leave the window when the whole step has: that errs to the strict
  // side.
  static constexpr std::chrono::milliseconds kStep{500};
  static constexpr std::uint32_t kWindowSteps = 120;
  static constexpr std::size_t kShards = 16;
  static constexpr std::size_t kCandidates = 8;  // looked at to find one to forget

  struct Count {
    std::uint32_t step = 0;
    std::uint32_t requests = 0;
  };
  struct Window {
    std::vector<Count> counts;  // oldest first, at most kWindowSteps + 1
    std::uint32_t total = 0;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<Key, Window, KeyHash> windows;
    std::size_t sweep_at = 64;  // size at which windows that are over are removed
  };

  static void expire(Window& window, std::uint32_t step);
  static void make_room(Shard& shard, std::uint32_t step);
  std::uint32_t step_of(Clock::time_point now) const noexcept;

  const Clock::time_point start_ = Clock::now();
  std::array<Shard, kShards> shards_;
};

}  // namespace nexus::api
