// Threads of the plugin's own for what takes tens of milliseconds of processor time, so that a flood of logins keeps
// two of them busy and nobody else's work waits.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace nexus::users {

// Thread-safe. Between start and stop it runs jobs in order of arrival.
class HashPool {
 public:
  // Each hash takes 46 MiB and one processor.
  static constexpr std::size_t kThreads = 2;
  // At about 50 ms a hash the last in the queue waits 1.6 s; more would only time out later.
  static constexpr std::size_t kMaxWaiting = 64;

  // How much its threads step back behind others (nice(1)).
  static constexpr int kNice = 10;

  // Must not throw. Destroyed without having run where the pool stops first.
  using Job = std::function<void()>;

  HashPool() = default;
  HashPool(const HashPool&) = delete;
  HashPool& operator=(const HashPool&) = delete;
  ~HashPool() { stop(); }

  void start();
  // Waits for what runs, at most one hash a thread, and drops what waits.
  void stop() noexcept;

  // False where the queue is full or the pool does not run; `job` is then destroyed.
  bool post(Job job);

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> waiting_;  // at most kMaxWaiting
  std::vector<std::thread> threads_;
  bool running_ = false;
};

}  // namespace nexus::users
