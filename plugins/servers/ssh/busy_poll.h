// How long a thread stays awake for what may come next.
//
// To wake a sleeping processor costs more than all that a loop does for an echo, so a loop whose events follow each
// other closely looks for the next one for a while before it sleeps. The window adapts as that of Linux's haltpoll
// governor does (drivers/cpuidle/governors/haltpoll.c; its figures): it grows where a sleep was short and shrinks where
// it was not, so a loop whose events are further apart than kMost does not wait awake.
#pragma once

#include <algorithm>
#include <chrono>

namespace nexus::servers::ssh {

// For one thread.
class BusyPoll {
 public:
  using Duration = std::chrono::nanoseconds;
  static constexpr Duration kFirst = std::chrono::microseconds(50);
  static constexpr Duration kMost = std::chrono::microseconds(200);

  // Between nothing and kMost.
  Duration window() const noexcept { return window_; }
  // Nothing came within the window, and the thread slept: how long nothing came, the window included.
  void slept(Duration time) noexcept {
    if (time <= kMost) {
      window_ = std::clamp(window_ * 2, kFirst, kMost);
    } else {
      window_ = window_ > kFirst ? window_ / 2 : Duration::zero();
    }
  }

 private:
  Duration window_ = Duration::zero();
};

}  // namespace nexus::servers::ssh
