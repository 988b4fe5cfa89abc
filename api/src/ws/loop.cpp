#include "ws/loop.h"

#include "ws/session.h"

#include <pthread.h>

#include <algorithm>
#include <string>

namespace nexus::api::ws {
namespace {

// How often time limits are looked at, so how late they may act.
constexpr std::chrono::milliseconds kTick{500};

}  // namespace

void Loop::start(unsigned number) {
  tick();
  thread_ = std::thread([this, number] {
    pthread_setname_np(pthread_self(), ("nexus-ws-" + std::to_string(number)).c_str());
    context_.run();
  });
}

void Loop::stop() {
  boost::asio::post(context_, [this] {
    timer_.cancel();
    const auto left = sessions_;
    for (const auto& session : left) session->cut(1001);
    guard_.reset();
    context_.stop();
  });
  if (thread_.joinable()) thread_.join();
  stopped_ = true;
  // What was cut off still has completions to come, which hold the sessions.
  context_.restart();
  context_.poll();
  const std::lock_guard lock(mutex_);
  due_.clear();
}

void Loop::schedule(std::shared_ptr<Session> session) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = due_.empty();
    due_.push_back(std::move(session));
  }
  if (was_empty) boost::asio::post(context_, [self = shared_from_this()] { self->run_due(); });
}

void Loop::run_due() {
  std::vector<std::shared_ptr<Session>> due;
  {
    const std::lock_guard lock(mutex_);
    due.swap(due_);
  }
  for (const auto& session : due) session->turn();
}

void Loop::add(const std::shared_ptr<Session>& session) { sessions_.push_back(session); }

void Loop::remove(const Session& session) {
  std::erase_if(sessions_, [&](const auto& other) { return other.get() == &session; });
}

void Loop::tick() {
  timer_.expires_after(kTick);
  timer_.async_wait([this](const auto& error) {
    if (error) return;
    const auto sessions = sessions_;
    const auto now = std::chrono::steady_clock::now();
    for (const auto& session : sessions) session->check_time(now);
    tick();
  });
}

}  // namespace nexus::api::ws
