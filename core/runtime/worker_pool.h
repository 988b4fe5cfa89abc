// The threads that run plugin code.
#pragma once

#include "core/runtime/task.h"

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace nexus::core {

// First in, first out. Thread-safe. Tasks must not throw.
//
// Most tasks take microseconds, and waking a thread costs as much, so a task does not wake a worker of its own where
// enough are awake: they take it next. So that none is stuck behind a task that blocks, one idle worker, the lookout,
// looks every kLook and goes to work where what waited at its last look still waits.
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
  using Lock = std::unique_lock<std::mutex>;

  struct Worker {
    std::condition_variable called;
    bool awake = true;
    std::thread thread;
  };

  bool push(Task task, std::size_t limit);
  Worker* worker_to_call();
  void run(Worker& me, unsigned number);
  void wait(Lock& lock, Worker& me);
  void look_out(Lock& lock, Worker& me);

  const std::size_t limit_;
  const unsigned enough_;  // workers awake at once without a look
  std::mutex mutex_;
  std::deque<Task> queue_;
  std::uint64_t posted_ = 0;
  std::uint64_t taken_ = 0;
  unsigned awake_;
  Worker* lookout_ = nullptr;
  std::vector<Worker*> asleep_;  // the last one is called first: its memory is still in the cache
  bool closed_ = false;
  std::deque<Worker> workers_;
};

}  // namespace nexus::core
