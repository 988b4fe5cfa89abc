#include "ssh/connection_pool.h"

#include <algorithm>

namespace nexus::servers::ssh {

Outcome<Connection> ConnectionPool::log_in(const Target& target, Trust trust, const Watch& watch) {
  auto connection = connect_and_log_in(target, trust, watch);
  if (connection.ok()) {
    backoff_.succeeded(target.server_id);
  } else {
    backoff_.failed(target.server_id, target.revision, connection.error(), Clock::now());
  }
  return connection;
}

Outcome<ConnectionPool::Lease> ConnectionPool::take(const Target& target, const Watch& watch) {
  std::list<Kept> taken;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Kept& kept) {
      return kept.server_id == target.server_id && kept.revision == target.revision;
    });
    if (found != kept_.end()) taken.splice(taken.end(), kept_, found);
  }
  if (!taken.empty() && taken.front().session->usable()) return Lease{std::move(taken.front().session), true};
  if (const auto held_back = backoff_.check(target.server_id, target.revision, Clock::now())) return *held_back;
  auto connection = log_in(target, Trust::nobody, watch);
  if (!connection.ok()) return std::move(connection).error();
  return Lease{std::move(connection).value().session, false};
}

Outcome<Connection> ConnectionPool::connect(const Target& target, const Watch& watch) {
  if (const auto held_back = backoff_.check_person(target.server_id, target.revision, Clock::now())) return *held_back;
  return log_in(target, Trust::person, watch);
}

void ConnectionPool::give_back(const Target& target, std::unique_ptr<Session> session) {
  if (session == nullptr || !session->usable()) return;
  std::list<Kept> ended;  // not under the lock
  const std::lock_guard lock(mutex_);
  std::size_t of_server = 0;
  for (auto at = kept_.begin(); at != kept_.end();) {
    const auto next = std::next(at);
    if (at->server_id == target.server_id && at->revision != target.revision) {
      ended.splice(ended.end(), kept_, at);
    } else {
      of_server += at->server_id == target.server_id ? 1 : 0;
    }
    at = next;
  }
  if (of_server >= kMaxKeptPerServer) return;
  if (kept_.size() >= kMaxKept) ended.splice(ended.end(), kept_, kept_.begin());
  kept_.push_back({target.server_id, target.revision, std::move(session), Clock::now()});
}

template <class Matches>
void ConnectionPool::end_where(Matches&& matches) {
  std::list<Kept> ended;
  const std::lock_guard lock(mutex_);
  for (auto at = kept_.begin(); at != kept_.end();) {
    const auto next = std::next(at);
    if (matches(*at)) ended.splice(ended.end(), kept_, at);
    at = next;
  }
}

void ConnectionPool::sweep() {
  const auto now = Clock::now();
  end_where([now](const Kept& kept) { return now - kept.since >= kIdleTime || !kept.session->usable(); });
}

void ConnectionPool::drop(std::int64_t server_id) {
  end_where([server_id](const Kept& kept) { return kept.server_id == server_id; });
}

void ConnectionPool::drop_all() {
  end_where([](const Kept&) { return true; });
}

}  // namespace nexus::servers::ssh
