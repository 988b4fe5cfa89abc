#include "ssh/scheduler.h"

#include <algorithm>
#include <utility>

namespace nexus::servers::ssh {

void Scheduler::add(Entry entry) {
  entry.arrival = ++arrivals_;
  queues_[static_cast<std::size_t>(entry.priority)].push_back(std::move(entry));
}

void Scheduler::put_back(Entry entry) {
  auto& queue = queues_[static_cast<std::size_t>(entry.priority)];
  const auto later =
      std::find_if(queue.begin(), queue.end(), [&](const Entry& other) { return other.arrival > entry.arrival; });
  queue.insert(later, std::move(entry));
}

std::size_t Scheduler::size() const noexcept {
  std::size_t count = 0;
  for (const auto& queue : queues_) count += queue.size();
  return count;
}

bool Scheduler::waits_for(Need need) const noexcept {
  return std::any_of(queues_.begin(), queues_.end(), [need](const auto& queue) {
    return std::any_of(queue.begin(), queue.end(), [need](const Entry& entry) { return entry.need == need; });
  });
}

const Scheduler::Entry* Scheduler::first() const noexcept {
  for (const auto& queue : queues_) {
    const auto found =
        std::find_if(queue.begin(), queue.end(), [](const Entry& entry) { return entry.need != Need::tunnel; });
    if (found != queue.end()) return &*found;
  }
  return nullptr;
}

std::optional<Scheduler::Entry> Scheduler::take_next(Need need) {
  for (auto& queue : queues_) {
    const auto found =
        std::find_if(queue.begin(), queue.end(), [need](const Entry& entry) { return entry.need == need; });
    if (found == queue.end()) continue;
    auto entry = std::move(*found);
    queue.erase(found);
    return entry;
  }
  return std::nullopt;
}

template <class Matches>
std::vector<Scheduler::Entry> Scheduler::take_where(const Matches& matches) {
  std::vector<Entry> taken;
  for (auto& queue : queues_) {
    const auto rest = std::stable_partition(queue.begin(), queue.end(), [&](const Entry& e) { return !matches(e); });
    std::move(rest, queue.end(), std::back_inserter(taken));
    queue.erase(rest, queue.end());
  }
  return taken;
}

std::optional<Scheduler::Entry> Scheduler::take(const Work* work) {
  auto taken = take_where([work](const Entry& entry) { return entry.work.get() == work; });
  if (taken.empty()) return std::nullopt;
  return std::move(taken.front());
}

std::vector<Scheduler::Entry> Scheduler::take_expired(Clock::time_point now) {
  return take_where([now](const Entry& entry) { return entry.deadline <= now; });
}

std::vector<Scheduler::Entry> Scheduler::take_all() {
  return take_where([](const Entry&) { return true; });
}

Clock::time_point Scheduler::first_deadline() const noexcept {
  auto first = Clock::time_point::max();
  for (const auto& queue : queues_) {
    for (const auto& entry : queue) first = std::min(first, entry.deadline);
  }
  return first;
}

bool ChannelBudget::has_room(std::size_t open, Clock::time_point now) const noexcept {
  if (open < limit_) return true;
  return open == limit_ && limit_ < kDefault && now >= learned_ + kRelearn;
}

void ChannelBudget::refused(std::size_t others, Clock::time_point now) noexcept {
  limit_ = std::max<std::size_t>(others, 1);
  learned_ = now;
}

}  // namespace nexus::servers::ssh
