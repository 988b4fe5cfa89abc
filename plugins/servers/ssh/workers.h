// The threads on which SSH work waits for other machines.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace nexus::servers::ssh {

// Threads are started when there is work for them. Thread-safe.
class Workers {
 public:
  // Each may wait for a silent machine for seconds; sixteen keep the panel useful while many are down.
  static constexpr std::size_t kMaxThreads = 16;
  // So that one silent machine cannot take all of them.
  static constexpr std::size_t kMaxThreadsPerServer = 2;
  // More would wait longer than a person does.
  static constexpr std::size_t kMaxQueued = 256;
  static constexpr std::size_t kMaxQueuedPerServer = 16;

  Workers() = default;
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers() { stop(); }

  // False where the queue is full or the workers have stopped; `work` is then dropped. It must not throw.
  bool submit(std::int64_t server_id, std::function<void()> work);
  // Drops what is queued, and waits for what runs. More than once is harmless.
  void stop();

 private:
  struct Job {
    std::int64_t server_id;
    std::function<void()> work;
  };
  struct Load {
    std::size_t queued = 0;
    std::size_t running = 0;
  };

  void loop();
  // The first job whose server has a thread to spare.
  std::deque<Job>::iterator next_job();
  void finish(std::int64_t server_id);

  std::mutex mutex_;
  bool stopping_ = false;
  std::condition_variable wake_;
  std::deque<Job> queue_;
  std::unordered_map<std::int64_t, Load> loads_;  // only of servers with work
  std::size_t idle_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace nexus::servers::ssh
