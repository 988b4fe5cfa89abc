#include "ssh/backoff.h"

#include <algorithm>
#include <random>
#include <utility>

namespace nexus::servers::ssh {
namespace {

bool refused_by_server(const Failure& failure) { return failure.fault == Fault::credentials_refused; }

}  // namespace

std::optional<Failure> Backoff::check(std::int64_t server_id, std::int64_t revision, Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(server_id);
  if (found == entries_.end() || found->second.revision != revision || now >= found->second.until) return std::nullopt;
  auto failure = found->second.failure;
  if (refused_by_server(failure)) failure.fault = Fault::held_back;
  return failure;
}

std::optional<Failure> Backoff::check_person(std::int64_t server_id, std::int64_t revision, Clock::time_point now) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(server_id);
    if (found == entries_.end() || found->second.refusals < kPersonsTries) return std::nullopt;
  }
  return check(server_id, revision, now);
}

void Backoff::failed(std::int64_t server_id, std::int64_t revision, const Failure& failure, Clock::time_point now) {
  // Host keys are looked up anew each time, so that an accepted one counts at once.
  if (failure.stage == Stage::host_key || failure.stage == Stage::exec || failure.fault == Fault::cancelled) return;
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMaxEntries && !entries_.contains(server_id)) return;
  auto& entry = entries_[server_id];
  if (entry.revision != revision) entry = {};
  entry.revision = revision;
  entry.failure = failure;
  std::chrono::seconds pause = kConnectPause;
  if (refused_by_server(failure)) {
    pause = std::min(kLastAuthPause, kFirstAuthPause * (1 << std::min(entry.refusals, 5)));
    ++entry.refusals;
  }
  entry.until = now + pause;
}

void Backoff::succeeded(std::int64_t server_id) {
  const std::lock_guard lock(mutex_);
  entries_.erase(server_id);
}

milliseconds Pauses::next() {
  thread_local std::minstd_rand source{std::random_device{}()};
  const auto whole = std::exchange(base_, std::min(last_, base_ * 2));
  return milliseconds(std::uniform_int_distribution<std::int64_t>(whole.count() / 2, whole.count())(source));
}

}  // namespace nexus::servers::ssh
