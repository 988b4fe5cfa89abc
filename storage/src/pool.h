// A bounded set of connections, lent one at a time.
//
// SOCI's own pool measures its waits with the wall clock, hands out broken sessions and connects all of them at the
// start; this one uses the monotonic clock, looks at a connection before lending it, and connects when needed.
#pragma once

#include "connection.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nexus::storage {

// After a failed attempt to connect, leases fail at once for this long, and then one of them tries again: requests do
// not pile up behind a dead server, and its return is noticed well within 5 s.
inline constexpr std::chrono::milliseconds kRetryPause{500};

// Thread-safe. Every lease ends before the pool does.
class Pool {
 public:
  // Makes a connection; gives up at `deadline` or earlier.
  using Connect = std::function<Result<std::unique_ptr<Connection>>(Clock::time_point deadline)>;

  Pool(unsigned size, std::chrono::milliseconds lease_timeout, Connect connect);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  // Status::busy when all are in use until the earlier of `deadline` and the lease time-out; Status::unavailable when
  // the database is away.
  Result<Lease> lease(Clock::time_point deadline);

 private:
  friend class Lease;

  Connection* take_idle(std::vector<std::unique_ptr<Connection>>& dropped);
  Result<Lease> connect(std::unique_lock<std::mutex>& lock, Clock::time_point deadline);
  void mark_away(std::string reason);
  void give_back(std::unique_ptr<Connection> connection) noexcept;

  const unsigned size_;
  const std::chrono::milliseconds lease_timeout_;
  const Connect connect_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_. open_ counts idle, lent and connecting ones and is at most size_.
  std::vector<std::unique_ptr<Connection>> idle_;
  unsigned open_ = 0;
  unsigned waiting_ = 0;
  bool away_ = false;     // the last attempt failed or a server stalled; until an attempt succeeds
  bool probing_ = false;  // one lease is trying while away_
  Clock::time_point retry_at_{};
  std::string away_reason_;
};

}  // namespace nexus::storage
