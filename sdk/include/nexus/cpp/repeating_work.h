// Work that a plugin does again and again, such as removing what is old.
#pragma once

#include <nexus/cpp/call.h>
#include <nexus/cpp/log.h>

#include <mutex>

namespace nexus {

// Thread-safe. Runs one round at a time, on a worker.
class RepeatingWork {
 public:
  // Does one round and answers when the next is due, in microseconds from its end.
  using Round = std::function<std::int64_t(Call&)>;

  // `what` names it in the log, should the host have no timer for it. `host` must outlive it.
  RepeatingWork(const Host& host, std::string what, Round round)
      : host_(&host), what_(std::move(what)), round_(std::move(round)) {}
  RepeatingWork(const RepeatingWork&) = delete;
  RepeatingWork& operator=(const RepeatingWork&) = delete;

  void start(std::int64_t delay_us) { arm(delay_us); }
  // No round begins after it returned; one that runs may still end.
  void stop() noexcept {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    if (timer_ != 0) host_->cancel_timer(timer_);
  }

 private:
  void arm(std::int64_t delay_us) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    const auto timer = host_->after(delay_us, [this](Call& call) { arm(round_(call)); });
    if (timer.ok()) {
      timer_ = *timer;
    } else {
      Log(*host_).error("work of the plugin goes on no more", {{"what", what_}, {"reason", timer.error().what()}});
    }
  }

  const Host* host_;
  const std::string what_;
  const Round round_;
  std::mutex mutex_;
  nx_handle timer_ = 0;
  bool stopped_ = false;
};

}  // namespace nexus
