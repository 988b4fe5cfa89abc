#include "pool.h"

#include <algorithm>
#include <cassert>

namespace nexus::storage {

void Lease::give_back() noexcept {
  pool_->give_back(std::unique_ptr<Connection>(connection_));
  connection_ = nullptr;
}

Pool::Pool(unsigned size, std::chrono::milliseconds lease_timeout, Connect connect)
    : size_(std::max(size, 1u)), lease_timeout_(lease_timeout), connect_(std::move(connect)) {
  idle_.reserve(size_);
}

Pool::~Pool() { assert(open_ == idle_.size()); }

Result<Lease> Pool::lease(Clock::time_point deadline) {
  std::vector<std::unique_ptr<Connection>> dropped;  // closed after the lock is gone
  std::unique_lock lock(mutex_);
  if (Connection* idle = take_idle(dropped)) {
    idle->set_wait_limit({});
    return Lease(this, idle);
  }
  const auto limit = std::min(deadline, Clock::now() + lease_timeout_);
  for (;;) {
    if (away_ && (probing_ || Clock::now() < retry_at_)) return Error(Status::unavailable, away_reason_);
    if (open_ < size_) return connect(lock, deadline);
    ++waiting_;
    const bool late = changed_.wait_until(lock, limit) == std::cv_status::timeout;
    --waiting_;
    if (Connection* idle = take_idle(dropped)) {
      idle->set_wait_limit(limit);
      return Lease(this, idle);
    }
    if (late && open_ >= size_) return Error(Status::busy, "every database connection is in use");
  }
}

Connection* Pool::take_idle(std::vector<std::unique_ptr<Connection>>& dropped) {
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back());
    idle_.pop_back();
    if (connection->usable()) return connection.release();
    --open_;
    dropped.push_back(std::move(connection));
  }
  return nullptr;
}

Result<Lease> Pool::connect(std::unique_lock<std::mutex>& lock, Clock::time_point deadline) {
  ++open_;
  if (away_) probing_ = true;
  const bool probe = probing_;
  lock.unlock();
  auto made = connect_(deadline);
  lock.lock();
  if (probe) probing_ = false;
  if (!made.ok()) {
    --open_;
    mark_away(made.error().reason());
    return std::move(made).error();
  }
  away_ = false;
  changed_.notify_all();
  (*made)->set_wait_limit({});
  return Lease(this, std::move(made).value().release());
}

void Pool::mark_away(std::string reason) {
  away_ = true;
  away_reason_ = std::move(reason);
  retry_at_ = Clock::now() + kRetryPause;
  changed_.notify_all();
}

void Pool::give_back(std::unique_ptr<Connection> connection) noexcept {
  if (connection->health() == Health::good && connection->in_transaction()) connection->rollback();
  std::vector<std::unique_ptr<Connection>> dropped;
  std::unique_lock lock(mutex_);
  if (connection->health() == Health::good) {
    idle_.push_back(std::move(connection));  // never grows: reserved
    if (waiting_ > 0) changed_.notify_one();
    return;
  }
  --open_;
  if (connection->health() == Health::stalled) {
    open_ -= static_cast<unsigned>(idle_.size());
    dropped.swap(idle_);
    idle_.reserve(size_);
    mark_away("the database server does not answer");
  }
  if (waiting_ > 0) changed_.notify_all();
  lock.unlock();
  connection.reset();
}

}  // namespace nexus::storage
