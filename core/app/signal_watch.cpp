#include "core/app/signal_watch.h"

#include <pthread.h>
#include <signal.h>

#include <ctime>

namespace nexus::core {
namespace {

using Clock = std::chrono::steady_clock;

// Ends the watch itself.
constexpr int kEndWatch = SIGUSR1;

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, kEndWatch}) sigaddset(&set, number);
  return set;
}

}  // namespace

SignalWatch::SignalWatch(std::function<void()> too_late) : too_late_(std::move(too_late)) {
  const auto set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { run(); });
}

SignalWatch::~SignalWatch() {
  pthread_kill(thread_.native_handle(), kEndWatch);
  thread_.join();
}

void SignalWatch::run() {
  const auto set = watched();
  bool stopping = false;
  Clock::time_point deadline;
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const timespec time{left > 0 ? left / 1000 : 0, left > 0 ? left % 1000 * 1'000'000 : 0};
    const int number = stopping ? sigtimedwait(&set, nullptr, &time) : sigwaitinfo(&set, nullptr);
    if (number == kEndWatch) return;
    const bool asks_to_stop = number == SIGTERM || number == SIGINT;
    if (stopping && (asks_to_stop || Clock::now() >= deadline)) too_late_();
    if (number < 0) continue;
    const std::scoped_lock lock(mutex_);
    if (asks_to_stop && !stopping) {
      stopping = stop_ = true;
      stop_time_ = Clock::now();
      deadline = stop_time_ + kExitDeadline;
    }
    if (number == SIGHUP) reload_ = true;
    changed_.notify_all();
  }
}

SignalWatch::Request SignalWatch::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stop_ || reload_; });
  if (stop_) return Request::stop;
  reload_ = false;
  return Request::reload;
}

Clock::time_point SignalWatch::stop_time() {
  const std::scoped_lock lock(mutex_);
  return stop_time_;
}

bool SignalWatch::stop_requested() {
  const std::scoped_lock lock(mutex_);
  return stop_;
}

}  // namespace nexus::core
