#include "core/runtime/worker_pool.h"

#include <pthread.h>

#include <algorithm>
#include <limits>
#include <string>

namespace nexus::core {

WorkerPool::WorkerPool(unsigned threads, std::size_t limit) : limit_(limit) {
  for (unsigned number = 0; number < std::max(1U, threads); ++number) {
    threads_.emplace_back([this, number] { run(number); });
  }
}

WorkerPool::~WorkerPool() { shutdown(); }

bool WorkerPool::post(Task task) { return push(std::move(task), limit_); }

bool WorkerPool::post_always(Task task) { return push(std::move(task), std::numeric_limits<std::size_t>::max()); }

bool WorkerPool::push(Task task, std::size_t limit) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || queue_.size() >= limit) return false;
    queue_.push_back(std::move(task));
  }
  filled_.notify_one();
  return true;
}

void WorkerPool::run(unsigned number) {
  pthread_setname_np(pthread_self(), ("nexus-work-" + std::to_string(number)).c_str());
  std::unique_lock lock(mutex_);
  for (;;) {
    filled_.wait(lock, [this] { return closed_ || !queue_.empty(); });
    if (closed_) return;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    task();
    task = Task();
    lock.lock();
  }
}

void WorkerPool::shutdown() {
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(queue_);
  }
  filled_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace nexus::core
