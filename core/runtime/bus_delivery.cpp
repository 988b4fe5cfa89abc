// The deliverers' side of the bus: turns, runners, and the thread that calls them.
#include "core/runtime/bus_queue.h"
#include "core/runtime/call.h"

#include <nexus/log.h>

#include <pthread.h>

#include <array>
#include <mutex>

namespace nexus::core {
namespace {

// Events that a delivery takes at once: enough to meet publishers rarely, few enough to be fair to other subscriptions.
constexpr std::size_t kBatch = 64;
// A runner that has other work settles only as many events as are worth meeting the publishers for.
constexpr std::size_t kWorthwhile = 1024;
// How long a runner without work waits for more: to take some dozens of a stream at once, and no request notices it.
constexpr std::chrono::microseconds kLinger{10};
// After so long a runner goes to the end of the workers' queue, behind requests.
constexpr std::chrono::milliseconds kShift{4};
// Between two looks of the watching thread while there are events, and how many looks something may wait for a runner
// before it gets another one: about a millisecond.
constexpr std::chrono::microseconds kTick{200};
constexpr std::uint64_t kPatience = 5;
// Looks that find nothing before it sleeps until it is woken, which costs a publisher a system call.
constexpr int kQuietTicks = 20;
// After so long without events a burst is over, and its memory is given back.
constexpr std::chrono::seconds kRest{1};

void relax() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

void Bus::Subscription::run(const Entry& entry) noexcept {
  const auto event = entry.event();
  nx_call call(*owner_, Phase::work, coarse_now() + kBackgroundDeadline, view(event.request_id));
  owner_->call_down("event", call.request_id(), [&] {
    spec_.fn(spec_.user_data, &call, &event);
    return nx_status{NX_OK};
  });
  if (!call.error().empty()) {
    owner_->log(NX_LOG_WARNING, "the plugin could not handle an event", call.error(), call.request_id());
  }
}

// A concurrent plugin's subscription waits for a runner, a serialised one's among what waits for its plugin.
void Bus::activate(Subscription& subscription) {
  subscription.idle_ = false;
  if (!subscription.owner_->concurrent()) return post_turn(subscription);
  if (!over_) subscription.ticket_ = subscription.owner_->gate().enter(true);
  if (subscription.ticket_) {
    subscription.since_ = ticks_;
    ready_.push_back(subscription.shared_from_this());
  } else {
    clear(subscription);  // its plugin is closed: nobody will take them
    subscription.idle_ = true;
  }
}

// Only puts the turn in a queue, so it is safe under the lock.
void Bus::post_turn(Subscription& subscription) {
  auto self = subscription.shared_from_this();
  if (subscription.owner_->post([this, self] { deliver(self); }, Admission::always)) return;
  clear(subscription);
  subscription.idle_ = true;
}

void Bus::deliver(const std::shared_ptr<Subscription>& subscription) {
  Lock lock(mutex_);
  if (turn(lock, *subscription)) return post_turn(*subscription);
  subscription->idle_ = true;
}

// Whether the queue has room for all that is in the inbox.
bool Bus::fits(const Subscription& subscription) const noexcept {
  return !subscription.full(waiting_bytes_.load(std::memory_order_relaxed), waiting_.load(std::memory_order_relaxed));
}

// Many events at once, or after some time: a runner with much to do must not look like one that is stuck.
bool Bus::wants_settling() const noexcept {
  const auto waiting = waiting_.load(std::memory_order_relaxed);
  return waiting >= kWorthwhile || (waiting != 0 && ticks_ - settled_tick_ >= 2);
}

// Runs a batch without the lock; answers whether there is more, which waits behind the others.
bool Bus::turn(Lock& lock, Subscription& subscription) {
  Overflows overflows;
  if (wants_settling() || !fits(subscription)) settle(overflows);
  std::array<Entry*, kBatch> batch{};
  const auto count = std::min(kBatch, subscription.size());
  for (std::size_t i = 0; i < count; ++i) batch[i] = subscription.pop();
  lock.unlock();
  report(overflows);
  for (std::size_t i = 0; i < count; ++i) subscription.run(*batch[i]);
  lock.lock();
  for (std::size_t i = 0; i < count; ++i) give_back(batch[i]);
  delivered_ += count;
  return subscription.size() != 0;
}

// A turn of a concurrent plugin's subscription.
void Bus::finish(Lock& lock, std::shared_ptr<Subscription> subscription) {
  const bool closed = subscription->owner_->gate().state() == InFlight::State::closed;
  if (closed) clear(*subscription);
  if (!closed && turn(lock, *subscription)) {
    subscription->since_ = ticks_;
    ready_.push_back(std::move(subscription));
    return;
  }
  subscription->idle_ = true;
  auto owner = subscription->owner_;  // outlives the ticket, and ends without the lock
  auto ticket = std::move(subscription->ticket_);
  lock.unlock();
  subscription.reset();
  ticket = {};
  owner.reset();
  lock.lock();
}

// A shift of a runner: it ends where nothing is left to do, or to let other work have the worker.
void Bus::run() {
  const auto end = coarse_now() + kShift;
  Overflows overflows;
  Lock lock(mutex_);
  --called_;
  ++runners_;
  bool more = true;
  while (more && coarse_now() < end) {
    if (ready_.empty()) {
      settle(overflows);
      lock.unlock();
      report(std::exchange(overflows, {}));
      lock.lock();
    }
    if (!ready_.empty()) {
      auto subscription = std::move(ready_.front());
      ready_.pop_front();
      finish(lock, std::move(subscription));
    }
    more = !ready_.empty() || linger(lock);
  }
  --runners_;
  if (more && called_ == 0) call_runner(lock);
}

// Gives the lock back, because a runner that is refused takes with it what is queued.
void Bus::call_runner(Lock& lock) {
  ++called_;
  auto* const pool = pool_;
  lock.unlock();
  if (!pool->post_always([this] { run(); })) abandon();
}

// Waits a little; answers whether there is something to do.
bool Bus::linger(Lock& lock) {
  if (lingering_) return false;
  lingering_ = true;
  lock.unlock();
  const auto until = std::chrono::steady_clock::now() + kLinger;
  while (std::chrono::steady_clock::now() < until) relax();
  lock.lock();
  lingering_ = false;
  return !ready_.empty() || waiting_.load(std::memory_order_relaxed) != 0;
}

void Bus::watch() {
  pthread_setname_np(pthread_self(), "nexus-bus");
  Lock lock(inbox_mutex_);
  int quiet = 0;
  while (!stopping_) {
    if (!inbox_.empty() || std::exchange(settled_, false)) quiet = 0;
    if (quiet++ >= kQuietTicks) {
      asleep_ = true;
      const auto woken = [this] { return stopping_ || !asleep_; };
      if (!woken_.wait_for(lock, kRest, woken)) {
        lock.unlock();
        trim();
        lock.lock();
        woken_.wait(lock, woken);
      }
      quiet = 0;
      continue;
    }
    lock.unlock();
    if (tick()) quiet = 0;
    std::this_thread::sleep_for(kTick);
    lock.lock();
  }
}

// Calls a runner where one is missing; answers whether something waits.
bool Bus::tick() {
  Lock lock(mutex_);
  ++ticks_;
  if (over_ || (ready_.empty() && waiting_.load(std::memory_order_relaxed) == 0)) return false;
  if (called_ == 0 && (runners_ == 0 || overdue())) call_runner(lock);
  return true;
}

bool Bus::overdue() const noexcept {
  if (!ready_.empty() && ticks_ - ready_.front()->since_ >= kPatience) return true;
  return waiting_.load(std::memory_order_relaxed) != 0 && ticks_ - settled_tick_ >= kPatience;
}

// The workers were shut down: nobody will take what is queued.
void Bus::abandon() {
  Overflows overflows;
  const std::lock_guard lock(mutex_);
  over_ = true;
  settle(overflows);
  for (const auto& subscription : ready_) {
    clear(*subscription);
    subscription->ticket_ = {};
    subscription->idle_ = true;
  }
  ready_.clear();
}

}  // namespace nexus::core
