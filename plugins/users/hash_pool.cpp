#include "hash_pool.h"

#include <sys/resource.h>

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace nexus::users {
namespace {

// A flood of log-ins keeps both processors of a small machine busy. The threads that answer requests are not nice, so
// they still get theirs at once, and log-ins share what is left. In Linux a priority belongs to the thread.
void step_back() noexcept {
  const auto self = static_cast<id_t>(::gettid());
  const int now = ::getpriority(PRIO_PROCESS, self);
  // never less nice than the whole panel was made; a failure only costs fairness
  ::setpriority(PRIO_PROCESS, self, std::max(now, HashPool::kNice));
}

}  // namespace

void HashPool::start() {
  const std::lock_guard lock(mutex_);
  if (running_) return;
  running_ = true;
  for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { run(); });
}

void HashPool::stop() noexcept {
  std::deque<Job> dropped;
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    dropped.swap(waiting_);
  }
  changed_.notify_all();
  dropped.clear();  // who waits for them need not wait for the threads
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

bool HashPool::post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (!running_ || waiting_.size() >= kMaxWaiting) return false;
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
  return true;
}

void HashPool::run() {
  step_back();
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return !running_ || !waiting_.empty(); });
    if (!running_) return;
    Job job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace nexus::users
