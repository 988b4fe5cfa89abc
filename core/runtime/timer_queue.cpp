#include "core/runtime/timer_queue.h"

#include <pthread.h>

namespace nexus::core {

TimerQueue::TimerQueue() : thread_([this] { run(); }) {}

TimerQueue::~TimerQueue() { shutdown(); }

std::uint64_t TimerQueue::schedule(Time due, Task work) {
  std::uint64_t id = 0;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    id = ++last_id_;
    const auto place = due_.emplace(std::pair(due, id), std::move(work)).first;
    times_.emplace(id, due);
    first = place == due_.begin();
  }
  if (first) changed_.notify_one();
  return id;
}

bool TimerQueue::cancel(std::uint64_t id) {
  Task cancelled;  // declared first: destroyed after the lock is free
  const std::lock_guard lock(mutex_);
  const auto found = times_.find(id);
  if (found == times_.end()) return false;
  const auto place = due_.find({found->second, id});
  cancelled = std::move(place->second);
  due_.erase(place);
  times_.erase(found);
  return true;
}

void TimerQueue::run() {
  pthread_setname_np(pthread_self(), "nexus-timers");
  std::unique_lock lock(mutex_);
  while (!closed_) {
    if (due_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = due_.begin();
    if (const auto due = first->first.first; due > std::chrono::steady_clock::now()) {
      changed_.wait_until(lock, due);
      continue;
    }
    Task work = std::move(first->second);
    times_.erase(first->first.second);
    due_.erase(first);
    lock.unlock();
    work();
    work = Task();
    lock.lock();
  }
}

void TimerQueue::shutdown() {
  std::map<std::pair<Time, std::uint64_t>, Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(due_);
    times_.clear();
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace nexus::core
