// The threads that run plugin code.
#pragma once

#include "core/runtime/task.h"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace nexus::core {

// First in, first out. Thread-safe. Tasks must not throw.
class WorkerPool {
 public:
  // Starts `threads` (at least 1) threads named "nexus-work-<n>". `limit` bounds what post() may have waiting.
  WorkerPool(unsigned threads, std::size_t limit);
  ~WorkerPool();  // shutdown
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False where the queue is full or the pool was shut down; the task is then destroyed.
  bool post(Task task);
  // Takes the task whatever the length of the queue: for what must run once it was promised (completions, timers), each
  // of which is bounded where it is promised. False only after shutdown.
  bool post_always(Task task);

  // Drops what waits and joins; not from a worker. Tasks that were dropped are destroyed on the caller's thread.
  void shutdown();

 private:
  bool push(Task task, std::size_t limit);
  void run(unsigned number);

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<Task> queue_;
  bool closed_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace nexus::core
