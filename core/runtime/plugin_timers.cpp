#include "core/runtime/plugin_timers.h"

#include <nexus/log.h>

#include <algorithm>
#include <atomic>

namespace nexus::core {
namespace {

// Longer waits are as good as this one, and the sum with the clock cannot overflow.
constexpr std::chrono::hours kLongestDelay{24 * 365 * 10};

}  // namespace

Deadline after(std::chrono::microseconds delay) noexcept {
  const auto bounded = std::clamp(delay, std::chrono::microseconds(0), std::chrono::microseconds(kLongestDelay));
  return std::chrono::steady_clock::now() + bounded;
}

struct PluginTimers::Timer {
  std::shared_ptr<Owner> owner;
  nx_timer_fn fn = nullptr;
  void* user_data = nullptr;
  std::atomic<std::uint64_t> entry{0};

  ~Timer() { owner->timers.fetch_sub(1); }
};

nx_status PluginTimers::after(Owner& owner, std::chrono::microseconds delay, nx_timer_fn fn, void* user_data,
                              nx_handle* out) {
  if (fn == nullptr || delay.count() < 0) return NX_E_INVALID;
  const auto ticket = owner.gate().enter();  // until the timer is in the table, so that withdraw finds it
  if (!ticket) return NX_E_UNAVAILABLE;
  if (owner.timers.fetch_add(1) >= kMostTimers) {
    owner.timers.fetch_sub(1);
    return NX_E_LIMIT;
  }
  const auto timer = std::make_shared<Timer>();
  timer->owner = owner.shared_from_this();
  timer->fn = fn;
  timer->user_data = user_data;
  const auto handle = timers_.insert(owner, timer);
  if (handle == 0) return NX_E_LIMIT;
  if (out != nullptr) *out = handle;
  timer->entry = queue_->schedule(core::after(delay), [this, handle] {
    if (const auto due = timers_.take(handle)) run(due, true);
  });
  return NX_OK;
}

void PluginTimers::run(const std::shared_ptr<Timer>& timer, bool due) {
  timer->owner->post(
      [timer, due] {
        auto& owner = *timer->owner;
        nx_call call(owner, Phase::work, std::chrono::steady_clock::now() + kBackgroundDeadline);
        owner.call_down("timer", {}, [&] {
          timer->fn(timer->user_data, due ? &call : nullptr);
          return nx_status{NX_OK};
        });
        if (!call.error().empty()) owner.log(NX_LOG_WARNING, "the plugin's timer failed", call.error());
      },
      Admission::always);
}

void PluginTimers::end(const std::shared_ptr<Timer>& timer) {
  queue_->cancel(timer->entry.load());
  run(timer, false);
}

nx_status PluginTimers::cancel(const Owner& owner, nx_handle handle) {
  const auto found = timers_.find(handle);
  if (found == nullptr || found->owner.get() != &owner) return NX_E_STALE;
  const auto taken = timers_.take(handle);
  if (taken == nullptr) return NX_E_STALE;
  end(taken);
  return NX_OK;
}

std::size_t PluginTimers::withdraw(const Owner& owner) {
  const auto left = timers_.take_owner(owner);
  for (const auto& [handle, timer] : left) end(timer);
  return left.size();
}

}  // namespace nexus::core
