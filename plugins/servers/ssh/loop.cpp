#include "ssh/loop.h"

#include "ssh/busy_poll.h"

#include <boost/asio/post.hpp>

#include <sched.h>

#include <algorithm>

namespace nexus::servers::ssh {
namespace {

thread_local Loop* this_loop = nullptr;

// Until the context is stopped or has nothing left to wait for.
void run(boost::asio::io_context& context) {
  using Clock = std::chrono::steady_clock;
  BusyPoll poll;
  for (auto idle_since = Clock::now();;) {
    if (context.poll() != 0) {
      idle_since = Clock::now();
    } else if (Clock::now() - idle_since < poll.window()) {
      ::sched_yield();  // whoever else wants the processor comes first: it may be who we wait for
    } else if (context.run_one() == 0) {
      return;
    } else {
      poll.slept(Clock::now() - idle_since);
      idle_since = Clock::now();
    }
  }
}

}  // namespace

Loop* Loop::current() noexcept { return this_loop; }

Loop::Loop() : guard_(boost::asio::make_work_guard(context_)) {
  thread_ = std::thread([this] {
    this_loop = this;
    run(context_);
    const std::lock_guard lock(mutex_);
    ended_ = true;
    wake_.notify_all();
  });
}

void Loop::post(std::function<void()> task) { boost::asio::post(context_, std::move(task)); }

void Loop::stop() {
  if (!thread_.joinable()) return;
  guard_.reset();
  {
    std::unique_lock lock(mutex_);
    if (!wake_.wait_for(lock, kGrace, [this] { return ended_; })) context_.stop();
  }
  thread_.join();
}

Loops::Loops(unsigned count) {
  for (unsigned i = 0; i < std::max(count, 1U); ++i) loops_.push_back(std::make_unique<Loop>());
}

void Loops::stop() {
  for (const auto& loop : loops_) loop->stop();
}

}  // namespace nexus::servers::ssh
