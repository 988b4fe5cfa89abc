#include "core/runtime/worker_pool.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <string>

namespace nexus::core {
namespace {

// How long a task may wait for a worker that is awake, about; looking so often costs 0.3 % of a processor.
constexpr std::chrono::milliseconds kLook{1};
// After so many looks at an empty queue the lookout sleeps until the next task.
constexpr int kQuietLooks = 100;

}  // namespace

WorkerPool::WorkerPool(unsigned threads, std::size_t limit)
    : limit_(limit),
      enough_(std::max(1U, std::thread::hardware_concurrency() / 2)),
      awake_(std::max(1U, threads)),
      workers_(awake_) {
  asleep_.reserve(workers_.size());
  unsigned number = 0;
  for (auto& worker : workers_) {
    worker.thread = std::thread([this, &worker, number] { run(worker, number); });
    ++number;
  }
}

WorkerPool::~WorkerPool() { shutdown(); }

bool WorkerPool::post(Task task) { return push(std::move(task), limit_); }

bool WorkerPool::post_always(Task task) { return push(std::move(task), std::numeric_limits<std::size_t>::max()); }

bool WorkerPool::push(Task task, std::size_t limit) {
  Worker* called = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || queue_.size() >= limit) return false;
    queue_.push_back(std::move(task));
    ++posted_;
    called = worker_to_call();
  }
  if (called != nullptr) called->called.notify_one();
  return true;
}

// Null where those that are awake, or the lookout, will do.
WorkerPool::Worker* WorkerPool::worker_to_call() {
  if (asleep_.empty() || (awake_ >= enough_ && lookout_ != nullptr)) return nullptr;
  Worker* const worker = asleep_.back();
  asleep_.pop_back();
  if (worker == lookout_) lookout_ = nullptr;
  worker->awake = true;
  ++awake_;
  return worker;
}

void WorkerPool::run(Worker& me, unsigned number) {
  pthread_setname_np(pthread_self(), ("nexus-work-" + std::to_string(number)).c_str());
  Lock lock(mutex_);
  for (;;) {
    if (closed_) return;
    if (queue_.empty()) {
      wait(lock, me);
      continue;
    }
    Task task = std::move(queue_.front());
    queue_.pop_front();
    ++taken_;
    // What else waits must not depend on how long this task takes.
    Worker* const next = queue_.empty() || lookout_ != nullptr ? nullptr : worker_to_call();
    lock.unlock();
    if (next != nullptr) next->called.notify_one();
    task();
    task = Task();
    lock.lock();
  }
}

void WorkerPool::wait(Lock& lock, Worker& me) {
  me.awake = false;
  --awake_;
  asleep_.push_back(&me);
  if (lookout_ == nullptr) look_out(lock, me);
  me.called.wait(lock, [&] { return me.awake || closed_; });
}

void WorkerPool::look_out(Lock& lock, Worker& me) {
  lookout_ = &me;
  for (int quiet = 0; quiet < kQuietLooks && !me.awake && !closed_;) {
    const auto posted = posted_;
    me.called.wait_for(lock, kLook, [&] { return me.awake || closed_; });
    if (me.awake) return;
    quiet = posted == posted_ && queue_.empty() ? quiet + 1 : 0;
    if (taken_ >= posted) continue;
    std::erase(asleep_, &me);
    lookout_ = nullptr;
    me.awake = true;
    ++awake_;
    return;
  }
  if (lookout_ == &me) lookout_ = nullptr;
}

void WorkerPool::shutdown() {
  std::deque<Task> dropped;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    dropped.swap(queue_);
  }
  for (auto& worker : workers_) worker.called.notify_one();
  for (auto& worker : workers_) {
    if (worker.thread.joinable()) worker.thread.join();
  }
}

}  // namespace nexus::core
