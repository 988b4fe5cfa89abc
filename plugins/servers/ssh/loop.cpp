#include "ssh/loop.h"

#include <boost/asio/post.hpp>

#include <algorithm>

namespace nexus::servers::ssh {
namespace {

thread_local Loop* this_loop = nullptr;

}  // namespace

Loop* Loop::current() noexcept { return this_loop; }

Loop::Loop() : guard_(boost::asio::make_work_guard(context_)) {
  thread_ = std::thread([this] {
    this_loop = this;
    context_.run();
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
