#include "ws/hub.h"

#include "ws/session.h"

#include <algorithm>

namespace nexus::api::ws {

Pass::Pass(std::shared_ptr<Hub> hub, std::shared_ptr<const Principal> principal)
    : hub_(std::move(hub)), principal_(std::move(principal)) {}

Pass::~Pass() { hub_->remove(*this); }

// Half of those that requests have: the work of a socket is nearly all system calls, and more threads would take the
// processors from the other ends of them. On two of them, one thread sends broadcasts 1.4 times as fast as two
// (scripts/bench 24).
Hub::Hub(unsigned threads, std::size_t most) : threads_(std::max(1U, threads / 2)), most_(most) {}

Hub::~Hub() { stop_loops(); }

std::uint64_t Hub::epoch() const {
  const std::lock_guard lock(mutex_);
  return epoch_;
}

std::shared_ptr<Pass> Hub::admit(std::shared_ptr<const Principal> principal, std::uint64_t epoch) {
  auto pass = std::make_shared<Pass>(shared_from_this(), std::move(principal));
  std::unique_lock lock(mutex_);
  const bool admitted = epoch == epoch_ && !draining_ && passes_.size() < most_;
  if (admitted) passes_.insert(pass.get());
  lock.unlock();  // before a refused pass goes, which takes it
  return admitted ? std::move(pass) : nullptr;
}

bool Hub::count(Pass& pass, const CountKey& key, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  auto& count = counts_[key];
  if (limit != 0 && count >= limit) return false;
  ++count;
  pass.counted_ = key;
  return true;
}

void Hub::remove(Pass& pass) noexcept {
  const std::lock_guard lock(mutex_);
  passes_.erase(&pass);
  if (!pass.counted_) return;
  const auto found = counts_.find(*pass.counted_);
  if (--found->second == 0) counts_.erase(found);
  pass.counted_.reset();
}

std::shared_ptr<Session> Hub::make_session(const std::shared_ptr<Pass>& pass, const WebSocketSpec& spec,
                                           Agreement agreement) {
  const std::lock_guard lock(mutex_);
  if (pass->revoked_ || draining_) return nullptr;
  auto session = std::make_shared<Session>(next_loop(), pass, spec, std::move(agreement));
  pass->session_ = session;
  return session;
}

std::shared_ptr<Loop> Hub::next_loop() {
  if (loops_.empty()) {
    for (unsigned number = 0; number < threads_; ++number) {
      loops_.push_back(std::make_shared<Loop>());
      loops_.back()->start(number);
    }
  }
  return loops_[next_++ % loops_.size()];
}

std::vector<std::shared_ptr<Session>> Hub::sessions_of(const std::function<bool(Pass&)>& matches) {
  std::vector<std::shared_ptr<Session>> sessions;
  for (auto* pass : passes_) {
    if (!matches(*pass)) continue;
    pass->revoked_ = true;
    if (auto session = pass->session_.lock()) sessions.push_back(std::move(session));
  }
  return sessions;
}

void Hub::close(const std::function<bool(const Principal&)>& matches, std::uint16_t code, std::string_view reason) {
  std::unique_lock lock(mutex_);
  ++epoch_;
  const auto sessions = sessions_of([&](Pass& pass) { return pass.principal_ && matches(*pass.principal_); });
  lock.unlock();
  for (const auto& session : sessions) session->revoke(code, reason);
}

void Hub::begin_drain() {
  std::unique_lock lock(mutex_);
  draining_ = true;
  const auto sessions = sessions_of([](Pass&) { return true; });
  lock.unlock();
  for (const auto& session : sessions) session->close(1001, "");
}

bool Hub::finish_drain(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  const bool clean = changed_.wait_until(lock, deadline, [this] { return open_ == 0; });
  lock.unlock();
  stop_loops();
  return clean;
}

void Hub::stop_loops() {
  std::vector<std::shared_ptr<Loop>> loops;
  {
    const std::lock_guard lock(mutex_);
    draining_ = true;
    loops.swap(loops_);
  }
  for (const auto& loop : loops) loop->stop();
}

std::size_t Hub::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

void Pass::opened() {
  const std::lock_guard lock(hub_->mutex_);
  ++hub_->open_;
}

// What it counted for is free before anybody hears that it ended.
void Pass::ended() {
  hub_->remove(*this);
  const std::lock_guard lock(hub_->mutex_);
  --hub_->open_;
  hub_->changed_.notify_all();
}

}  // namespace nexus::api::ws
