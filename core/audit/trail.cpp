#include "core/audit/trail.h"

#include "core/runtime/values.h"

#include <nexus/log.h>

#include <nlohmann/json.hpp>

#include <pthread.h>

#include <algorithm>
#include <array>

namespace nexus::core::audit {
namespace {

// In one transaction: what SQLite's other writers wait for is then some ten milliseconds.
constexpr std::size_t kMostInBatch = 500;
constexpr std::int64_t kDayUs = std::int64_t{24} * 3600 * 1'000'000;
// After a pass that met a database that was away.
constexpr std::chrono::minutes kPruneAgain{10};

// Worth another attempt: the database is away, locked or full. Anything else is wrong with the entry itself.
bool may_pass(const Error& error) noexcept {
  return error.status() == Status::unavailable || error.status() == Status::busy || error.status() == Status::timeout ||
         error.status() == Status::cancelled;
}

}  // namespace

Trail::Trail(Logger& logger, storage::Database& database, const MasterKey& master, const std::string& data_dir,
             TrailOptions options)
    : logger_(&logger), options_(options), appender_(logger, database, master, data_dir) {
  writer_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "nexus-audit");
    write_entries();
  });
  watch_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "nexus-audit-w");
    watch_waiters();
  });
}

bool Trail::record(Entry entry, std::function<void()> written) {
  if (!make_storable(entry)) {
    const std::array fields{nx_kv{to_abi("action"), to_value(std::string_view(entry.action))}};
    logger_->write(NX_LOG_WARNING, "host", "details of an audit entry were no JSON object of at most 4 KiB", fields,
                   entry.request_id);
  }
  {
    const std::lock_guard lock(mutex_);
    const bool takes = !stopping_ && queue_.size() < options_.queue;
    if (takes) {
      queue_.push_back(std::move(entry));
      ++last_ticket_;
      work_.notify_one();
      if (!written) return true;
      waiters_.push_back({last_ticket_, Clock::now() + options_.patience, std::move(written)});
      if (std::exchange(watch_sleeps_, false)) waiting_.notify_one();
      return true;
    }
    lose(1, stopping_ ? "the panel stops" : "the queue is full");
  }
  if (written) written();
  return false;
}

// With the lock held. A log line for each power of two, so that a flood of lost entries is not one of lines as well.
void Trail::lose(std::size_t count, std::string_view reason) {
  const auto before = lost_;
  lost_ += count;
  const bool tells = before == 0 || (before ^ lost_) > before;
  if (!tells) return;
  const std::array fields{nx_kv{to_abi("reason"), to_value(reason)},
                          nx_kv{to_abi("lost"), to_value(static_cast<std::int64_t>(lost_))}};
  logger_->write(NX_LOG_ERROR, "host", "audit entries are lost", fields);
}

void Trail::set_retention(std::uint32_t days) {
  const std::lock_guard lock(mutex_);
  retention_days_ = days;
  next_prune_ = days == 0 ? Clock::time_point::max() : Clock::now();
  work_.notify_one();
}

void Trail::stop(Clock::time_point deadline) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ && !writer_.joinable()) return;
    stopping_ = true;
    stop_deadline_ = deadline;
  }
  work_.notify_all();
  waiting_.notify_all();
  if (writer_.joinable()) writer_.join();
  if (watch_.joinable()) watch_.join();
  tell(take_waiters([](const Waiter&) { return true; }));
}

// -- answers that wait

void Trail::tell(const Waiters& waiters) {
  for (const auto& waiter : waiters) waiter.written();
}

Trail::Waiters Trail::take_waiters(const std::function<bool(const Waiter&)>& is_over) {
  Waiters over;
  const std::lock_guard lock(mutex_);
  while (!waiters_.empty() && is_over(waiters_.front())) {
    over.push_back(std::move(waiters_.front()));
    waiters_.pop_front();
  }
  return over;
}

// Wakes when the oldest one that it saw is due, so that under load it looks once in a while and not at every entry.
void Trail::watch_waiters() {
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      watch_sleeps_ = waiters_.empty();
      waiting_.wait(lock, [&] { return stopping_ || !waiters_.empty(); });
      if (stopping_) return;
      const auto due = waiters_.front().due;
      waiting_.wait_until(lock, due, [&] { return stopping_; });
      if (stopping_) return;
    }
    const auto now = Clock::now();
    const auto over = take_waiters([now](const Waiter& waiter) { return waiter.due <= now; });
    if (over.empty()) continue;
    const std::array fields{nx_kv{to_abi("answers"), to_value(static_cast<std::int64_t>(over.size()))}};
    logger_->write(NX_LOG_ERROR, "host", "changes are answered before they stand in the audit trail", fields);
    tell(over);
  }
}

// -- the writer

void Trail::write_entries() {
  while (wait_for_work()) {
    take_batch();
    if (!batch_.empty()) write_batch();
    prune_some();
  }
  const std::lock_guard lock(mutex_);
  if (batch_.empty() && queue_.empty()) return;
  lose(batch_.size() + queue_.size(), "the panel stops");
}

// False at the end: nothing is left, or the time for it is over.
bool Trail::wait_for_work() {
  std::unique_lock lock(mutex_);
  const auto has_work = [&] { return !batch_.empty() || !queue_.empty() || stopping_; };
  if (next_prune_ == Clock::time_point::max()) {
    work_.wait(lock, [&] { return has_work() || next_prune_ != Clock::time_point::max(); });
  } else {
    work_.wait_until(lock, next_prune_, has_work);
  }
  if (!stopping_) return true;
  const bool is_left = !batch_.empty() || !queue_.empty();
  return is_left && Clock::now() < stop_deadline_;
}

// What failed is tried again as it was, because it may be in the database already.
void Trail::take_batch() {
  const std::lock_guard lock(mutex_);
  if (!batch_.empty() || queue_.empty()) return;
  const auto count = std::min(queue_.size(), kMostInBatch);
  batch_.assign(std::make_move_iterator(queue_.begin()),
                std::make_move_iterator(queue_.begin() + static_cast<std::ptrdiff_t>(count)));
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  batch_ticket_ = last_ticket_ - queue_.size();
  if (const auto lost = std::exchange(lost_, 0); lost != 0) {
    const nlohmann::json details{{"lost", lost}};
    batch_.push_back(own_entry("auditGap", kFailed, details.dump()));
  }
  step_ = batch_.size();
}

void Trail::write_batch() {
  const auto written = appender_.append({batch_.data(), std::min(step_, batch_.size())});
  if (!written.ok()) return failed(written.error());
  recovered();
  batch_.erase(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(std::min(step_, batch_.size())));
  if (!batch_.empty()) return;
  tell(take_waiters([&](const Waiter& waiter) { return waiter.ticket <= batch_ticket_; }));
}

void Trail::failed(const Error& error) {
  if (may_pass(error)) {
    const std::array fields{nx_kv{to_abi("reason"), to_value(std::string_view(error.what()))}};
    if (pause_.count() == 0) logger_->write(NX_LOG_ERROR, "host", "the audit trail cannot be written", fields);
    return pause();
  }
  if (step_ > 1) {
    step_ = 1;
    return;
  }
  batch_.erase(batch_.begin());
  const std::lock_guard lock(mutex_);
  lose(1, error.what());
}

void Trail::recovered() {
  if (pause_.count() == 0) return;
  pause_ = {};
  logger_->write(NX_LOG_INFO, "host", "the audit trail is written again");
}

void Trail::pause() {
  pause_ = pause_.count() == 0 ? options_.first_pause : std::min(2 * pause_, options_.longest_pause);
  std::unique_lock lock(mutex_);
  const auto until = Clock::now() + (stopping_ ? std::min(pause_, options_.first_pause) : pause_);
  const bool was_stopping = stopping_;
  work_.wait_until(lock, until, [&] { return stopping_ && !was_stopping; });
}

// -- what is too old

void Trail::end_prune(Clock::duration until_next) {
  if (pruned_.first != 0) {
    const nlohmann::json details{{"first", pruned_.first}, {"last", pruned_.last}};
    record(own_entry("pruneAudit", kOk, details.dump()));
  }
  pruned_ = {};
  const std::lock_guard lock(mutex_);
  if (next_prune_ != Clock::time_point::max()) next_prune_ = Clock::now() + until_next;
}

// One batch at a time, between entries.
void Trail::prune_some() {
  std::int64_t days = 0;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || Clock::now() < next_prune_) return;
    days = retention_days_;
  }
  const auto pruned = appender_.prune(wall_clock_us() - days * kDayUs);
  if (!pruned.ok()) {
    const std::array fields{nx_kv{to_abi("reason"), to_value(std::string_view(pruned.error().what()))}};
    logger_->write(NX_LOG_ERROR, "host", "old audit entries cannot be removed", fields);
    return end_prune(may_pass(pruned.error()) ? Clock::duration(kPruneAgain)
                                              : Clock::duration(options_.prune_interval));
  }
  if (pruned->first == 0) return end_prune(options_.prune_interval);
  if (pruned_.first == 0) pruned_.first = pruned->first;
  pruned_.last = pruned->last;
}

}  // namespace nexus::core::audit
