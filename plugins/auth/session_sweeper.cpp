#include "session_sweeper.h"

#include "session_store.h"

#include <nexus/cpp/log.h>

namespace nexus::auth {

void SessionSweeper::stop() noexcept {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  if (timer_ != 0) host_->cancel_timer(timer_);
}

std::int64_t SessionSweeper::sweep(Call& call) const {
  const auto removed = SessionStore(call).remove_ended(host_->now_us() - kKeepEndedUs, kBatch);
  if (!removed.ok()) {
    Log(*host_).warning("ended sessions could not be removed", {{"reason", removed.error().what()}}, &call);
    return kIntervalUs;
  }
  return *removed < kBatch ? kIntervalUs : kPauseBetweenBatchesUs;
}

void SessionSweeper::arm(std::int64_t delay_us) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  const auto timer = host_->after(delay_us, [this](Call& call) { arm(sweep(call)); });
  if (timer.ok()) {
    timer_ = *timer;
  } else {
    Log(*host_).warning("ended sessions will not be removed", {{"reason", timer.error().what()}});
  }
}

}  // namespace nexus::auth
