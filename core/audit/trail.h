// The audit trail as the rest of the host sees it: entries go into a queue, a thread of its own writes them.
#pragma once

#include "core/audit/appender.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace nexus::core::audit {

struct TrailOptions {
  // Entries that wait while the database is away: at a thousand changes a second ten seconds, in at most 80 MB (8 KiB
  // each). What comes then is lost, and counted.
  std::size_t queue = 10'000;
  // How long an answer waits for its entry. A request shall fail or end in time also where the database is frozen.
  std::chrono::milliseconds patience{1000};
  // Pauses between attempts: the first, doubled up to the longest.
  std::chrono::milliseconds first_pause{50};
  std::chrono::milliseconds longest_pause{2000};
  // Between two passes that remove what is too old.
  std::chrono::milliseconds prune_interval{std::chrono::hours(24)};
};

// Thread-safe. Entries are written in the order in which they came, as many in one transaction as wait.
class Trail {
 public:
  using Clock = std::chrono::steady_clock;

  Trail(Logger& logger, storage::Database& database, const MasterKey& master, const std::string& data_dir,
        TrailOptions options = {});
  ~Trail() { stop(Clock::now()); }
  Trail(const Trail&) = delete;
  Trail& operator=(const Trail&) = delete;

  // Queues an entry, without waiting. False where the queue is full or the trail has stopped: the entry is lost.
  // `written` (may be empty) is called exactly once, from any thread: when the entry is on disk, when `patience` is
  // over, or at once where it is lost.
  bool record(Entry entry, std::function<void()> written = {});

  // Entries older than so many days are removed, now and then once a day; 0 keeps them for ever (as before the first
  // call).
  void set_retention(std::uint32_t days);

  // Writes what waits, until `deadline`; what is left then is lost, and logged. Later entries are lost at once.
  void stop(Clock::time_point deadline);

 private:
  struct Waiter {
    std::uint64_t ticket = 0;
    Clock::time_point due;
    std::function<void()> written;
  };
  using Waiters = std::vector<Waiter>;

  void write_entries();
  void watch_waiters();
  bool wait_for_work();
  void take_batch();
  void write_batch();
  void failed(const Error& error);
  void recovered();
  void pause();
  void prune_some();
  void end_prune(Clock::duration until_next);
  void lose(std::size_t count, std::string_view reason);
  Waiters take_waiters(const std::function<bool(const Waiter&)>& is_over);
  static void tell(const Waiters& waiters);

  Logger* const logger_;
  const TrailOptions options_;
  Appender appender_;

  std::mutex mutex_;
  std::condition_variable work_;     // for the writer
  std::condition_variable waiting_;  // for the watch
  std::deque<Entry> queue_;
  std::deque<Waiter> waiters_;     // in the order of their tickets and times
  std::uint64_t last_ticket_ = 0;  // of the newest entry in queue_
  std::uint64_t lost_ = 0;         // not yet told in the trail
  bool watch_sleeps_ = false;
  bool stopping_ = false;
  Clock::time_point stop_deadline_;
  std::uint32_t retention_days_ = 0;
  Clock::time_point next_prune_ = Clock::time_point::max();

  // Of the writer's thread.
  std::vector<Entry> batch_;
  std::uint64_t batch_ticket_ = 0;  // of its last entry
  std::size_t step_ = 0;            // entries in one transaction; 1 while one that cannot be written is looked for
  std::chrono::milliseconds pause_{0};
  Appender::Pruned pruned_;

  std::thread writer_;
  std::thread watch_;
};

}  // namespace nexus::core::audit
