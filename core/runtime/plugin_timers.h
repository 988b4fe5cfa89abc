// Timers of plugins: each function runs exactly once.
#pragma once

#include "core/runtime/call.h"
#include "core/runtime/handle_table.h"
#include "core/runtime/timer_queue.h"

#include <nexus/clock.h>

#include <chrono>
#include <cstdint>

namespace nexus::core {

inline constexpr std::uint32_t kMostTimers = 10'000;  // of one plugin

// Thread-safe.
class PluginTimers {
 public:
  explicit PluginTimers(TimerQueue& queue) : queue_(&queue) {}

  nx_status after(Owner& owner, std::chrono::microseconds delay, nx_timer_fn fn, void* user_data, nx_handle* out);
  nx_status cancel(const Owner& owner, nx_handle handle);
  // Runs the functions of all that are not due with NULL, and answers how many. The owner's gate must be
  // draining; what entered before may still set one, so repeat it when idle.
  std::size_t withdraw(const Owner& owner);

 private:
  struct Timer;
  static void run(const std::shared_ptr<Timer>& timer, bool due);
  void end(const std::shared_ptr<Timer>& timer);

  TimerQueue* queue_;
  HandleTable<Timer> timers_{3};
};

// `delay` from now; without overflow.
Deadline after(std::chrono::microseconds delay) noexcept;

}  // namespace nexus::core
