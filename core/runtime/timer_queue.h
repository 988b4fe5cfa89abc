// What is due later: one thread and an ordered list.
#pragma once

#include "core/runtime/task.h"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace nexus::core {

// Thread-safe. Bounded by those who schedule (timers and questions of a plugin are counted).
class TimerQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  TimerQueue();
  ~TimerQueue();  // shutdown
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // Runs `work` once on the timer thread, which it must not hold up: it posts. The answer is for cancel; never 0.
  std::uint64_t schedule(Time due, Task work);
  // True where the work will not run; it is destroyed.
  bool cancel(std::uint64_t id);
  // Forgets everything and joins; not from the timer thread.
  void shutdown();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<Time, std::uint64_t>, Task> due_;
  std::unordered_map<std::uint64_t, Time> times_;
  std::uint64_t last_id_ = 0;
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace nexus::core
