#include "ws/loop.h"

#include "ws/session.h"

#include <pthread.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

namespace nexus::api::ws {
namespace {

// How often time limits are looked at, so how late they may act.
constexpr std::chrono::milliseconds kTick{500};
// Completions that come before what is gathered. A message takes two or three, and some ten messages are enough for the
// system call to be cheap.
constexpr int kMostTurns = 100;

// The loop whose thread this is.
thread_local Loop* here = nullptr;

}  // namespace

void Loop::start(unsigned number) {
  tick();
  thread_ = std::thread([this, number] {
    pthread_setname_np(pthread_self(), ("nexus-ws-" + std::to_string(number)).c_str());
    here = this;
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
  gathered_.clear();
}

void Loop::schedule(std::shared_ptr<Session> session) {
  if (here != nullptr) return here->gather(*this, std::move(session));
  Sessions one;
  one.push_back(std::move(session));
  take(std::move(one));
}

void Loop::gather(Loop& loop, std::shared_ptr<Session> session) {
  if (gathered_.empty()) boost::asio::post(context_, [self = shared_from_this()] { self->hand_over(); });
  auto found = std::ranges::find(gathered_, &loop, &Gathered::loop);
  if (found == gathered_.end()) found = gathered_.insert(found, {&loop, {}});
  found->sessions.push_back(std::move(session));
}

// What is sent because of messages that came together goes out together: a system call costs more than many of them
// take, and so does waking another thread.
void Loop::hand_over() {
  for (int turn = 0; turn < kMostTurns && context_.poll_one() != 0; ++turn) continue;
  for (auto& [loop, sessions] : std::exchange(gathered_, {})) loop->take(std::move(sessions));
}

void Loop::take(Sessions sessions) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    was_empty = due_.empty();
    due_.insert(due_.end(), std::make_move_iterator(sessions.begin()), std::make_move_iterator(sessions.end()));
  }
  if (was_empty) boost::asio::post(context_, [self = shared_from_this()] { self->run_due(); });
}

void Loop::run_due() {
  Sessions due;
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
