// How long work may take, and whether somebody still wants it.
#pragma once

#include "ssh/outcome.h"

#include <algorithm>
#include <chrono>
#include <functional>

namespace nexus::servers::ssh {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Stages of a connection, each with its own share. libssh2 itself has no time-outs.
inline constexpr milliseconds kResolveTimeout{5'000};
inline constexpr milliseconds kConnectTimeout{5'000};
inline constexpr milliseconds kHandshakeTimeout{10'000};
inline constexpr milliseconds kAuthTimeout{10'000};
// How soon a wait notices that it was cancelled.
inline constexpr milliseconds kCancelGranularity{100};

// Cheap to copy. `cancelled` may be empty; it is asked from the thread that works.
class Watch {
 public:
  Watch(Clock::time_point until, std::function<bool()> cancelled) : until_(until), cancelled_(std::move(cancelled)) {}

  bool cancelled() const { return cancelled_ && cancelled_(); }
  bool expired() const noexcept { return Clock::now() >= until_; }
  // Never negative, and short enough to notice a cancellation.
  milliseconds slice() const noexcept {
    const auto left = std::chrono::ceil<milliseconds>(until_ - Clock::now());
    return std::clamp(left, milliseconds(0), kCancelGranularity);
  }
  // The failure to report where the work has to end now.
  std::optional<Failure> over(Stage stage) const {
    if (cancelled()) return Failure{stage, Fault::cancelled, "cancelled", {}};
    if (expired()) return Failure{stage, Fault::timed_out, "time is up", {}};
    return std::nullopt;
  }

 private:
  Clock::time_point until_;
  std::function<bool()> cancelled_;
};

}  // namespace nexus::servers::ssh
