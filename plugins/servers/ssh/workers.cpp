#include "ssh/workers.h"

#include <algorithm>

namespace nexus::servers::ssh {

bool Workers::submit(std::int64_t server_id, std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (stopping_ || queue_.size() >= kMaxQueued) return false;
  auto& load = loads_[server_id];
  if (load.queued >= kMaxQueuedPerServer) return false;
  ++load.queued;
  queue_.push_back({server_id, std::move(work)});
  if (idle_ < queue_.size() && threads_.size() < kMaxThreads) threads_.emplace_back([this] { loop(); });
  wake_.notify_one();
  return true;
}

std::deque<Workers::Job>::iterator Workers::next_job() {
  return std::find_if(queue_.begin(), queue_.end(),
                      [this](const Job& job) { return loads_[job.server_id].running < kMaxThreadsPerServer; });
}

void Workers::finish(std::int64_t server_id) {
  const auto found = loads_.find(server_id);
  --found->second.running;
  if (found->second.running == 0 && found->second.queued == 0) loads_.erase(found);
}

void Workers::loop() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto job = next_job();
    if (job == queue_.end()) {
      ++idle_;
      wake_.wait(lock);
      --idle_;
      continue;
    }
    const auto server_id = job->server_id;
    auto work = std::move(job->work);
    queue_.erase(job);
    auto& load = loads_[server_id];
    --load.queued;
    ++load.running;
    lock.unlock();
    work();
    work = nullptr;  // what it holds may answer somebody: not under the lock
    lock.lock();
    finish(server_id);
  }
}

void Workers::stop() {
  std::deque<Job> dropped;
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(queue_);
    threads.swap(threads_);
  }
  wake_.notify_all();
  for (auto& thread : threads) thread.join();
}

}  // namespace nexus::servers::ssh
