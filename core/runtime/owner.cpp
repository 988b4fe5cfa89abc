#include "core/runtime/owner.h"

#include "core/runtime/call.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>

#include <array>
#include <thread>

namespace nexus::core {
namespace {

// Between two looks at the counters of a plugin that is being drained; it is a matter of a shutdown, not of a request.
constexpr std::chrono::milliseconds kIdlePoll{1};

}  // namespace

Owner::~Owner() { release_calls(); }

bool Owner::post(Task task, Admission admission) {
  auto ticket = gate_.enter(admission == Admission::always);
  if (!ticket) return false;
  Task guarded([self = shared_from_this(), ticket = std::move(ticket), task = std::move(task)]() mutable {
    if (self->gate_.state() != InFlight::State::closed) task();
    task = Task();  // what the work holds goes before the ticket
  });
  return push(std::move(guarded), admission);
}

bool Owner::push(Task task, Admission admission) {
  const bool always = admission == Admission::always;
  if (concurrent_) return always ? parts_.pool->post_always(std::move(task)) : parts_.pool->post(std::move(task));
  {
    const std::lock_guard lock(mutex_);
    if (!always && waiting_.size() >= parts_.queue) return false;
    waiting_.push_back(std::move(task));
    if (busy_) return true;
    busy_ = true;
  }
  return schedule();
}

bool Owner::schedule() {
  if (parts_.pool->post_always([self = shared_from_this()] { self->run_next(); })) return true;
  std::deque<Task> dropped;  // the pool was shut down: nothing will run any more
  const std::lock_guard lock(mutex_);
  dropped.swap(waiting_);
  busy_ = false;
  return false;
}

// One turn at a time, so that a plugin with much to do does not keep a worker from the others.
void Owner::run_next() {
  Task task;
  {
    const std::lock_guard lock(mutex_);
    if (!waiting_.empty()) {
      task = std::move(waiting_.front());
      waiting_.pop_front();
    }
  }
  if (task) task();
  task = Task();
  release();
}

bool Owner::acquire(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (!freed_.wait_for(lock, patience, [this] { return !busy_; })) return false;
  busy_ = true;
  return true;
}

void Owner::release() {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      busy_ = false;
      freed_.notify_all();
      return;
    }
  }
  schedule();
}

bool Owner::wait_idle(std::chrono::steady_clock::time_point deadline) const {
  while (!gate_.idle()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kIdlePoll);
  }
  return true;
}

void Owner::log(std::int32_t level, std::string_view message, std::string_view reason,
                std::string_view request_id) const noexcept {
  const std::array<nx_kv, 1> fields{nx_kv{to_abi("reason"), to_value(reason)}};
  const std::span<const nx_kv> used(fields.data(), reason.empty() ? 0 : 1);
  parts_.logger->write(level, id_, message, used, request_id);
}

void Owner::threw(const char* what, const char* reason, std::string_view request_id) const noexcept {
  const std::array<nx_kv, 2> fields{nx_kv{to_abi("callback"), to_value(std::string_view(what))},
                                    nx_kv{to_abi("reason"), to_value(std::string_view(reason))}};
  parts_.logger->write(NX_LOG_ERROR, id_, "the plugin let an exception out of a callback", fields, request_id);
}

void Owner::adopt(nx_call* call) {
  const std::lock_guard lock(calls_mutex_);
  calls_.insert(call);
}

bool Owner::disown(nx_call* call) {
  const std::lock_guard lock(calls_mutex_);
  return calls_.erase(call) != 0;
}

void Owner::release_calls() noexcept {
  std::unordered_set<nx_call*> left;
  {
    const std::lock_guard lock(calls_mutex_);
    left.swap(calls_);
  }
  if (!left.empty()) log(NX_LOG_WARNING, "the plugin did not release its calls", std::to_string(left.size()));
  for (nx_call* call : left) delete call;
}

}  // namespace nexus::core
