// Signals as calls on a thread of their own, and the promise to leave in time.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace nexus::core {

// From the first SIGTERM or SIGINT to the end of the process, whatever hangs.
inline constexpr std::chrono::seconds kExitDeadline{15};

// Poco's own wait knows neither SIGHUP nor a deadline, hence this one.
class SignalWatch {
 public:
  enum class Request { stop, reload };

  // Blocks SIGTERM, SIGINT and SIGHUP in this thread and those made later, so make it before the first thread.
  // `too_late` runs on the watch's thread at the deadline, or at a second SIGTERM or SIGINT, and must end the process.
  explicit SignalWatch(std::function<void()> too_late);
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;
  ~SignalWatch();

  // Waits for the next request. After a stop there is no further one.
  Request wait();
  // When stop was asked for; only after it was.
  std::chrono::steady_clock::time_point stop_time();
  bool stop_requested();

 private:
  void run();

  const std::function<void()> too_late_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  bool reload_ = false;
  std::chrono::steady_clock::time_point stop_time_;
  std::thread thread_;
};

}  // namespace nexus::core
