#include "deadlines.h"

#include <algorithm>
#include <vector>

namespace nexus::api {

Deadlines::Deadlines() : thread_([this] { run(); }) {}

Deadlines::~Deadlines() { stop(); }

void Deadlines::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::uint64_t Deadlines::tick_of(Clock::time_point when) const noexcept {
  return when <= start_ ? 0 : static_cast<std::uint64_t>((when - start_) / kTick);
}

// By address, so that it never changes.
Deadlines::Shard& Deadlines::shard_of(const Entry& entry) noexcept {
  return shards_[(reinterpret_cast<std::uintptr_t>(&entry) >> 6) % kShards];
}

void Deadlines::add(Entry& entry, Clock::time_point when) {
  // The tick after the moment, so that nothing expires early; and not the present one, which may be over.
  const std::uint64_t due = std::max(tick_of(when), tick_of(Clock::now())) + 1;
  Shard& shard = shard_of(entry);
  const std::lock_guard lock(shard.mutex);
  entry.due_ = due;
  Entry*& head = shard.slots[entry.due_ % kSlots];
  entry.next_ = head;
  entry.link_ = &head;
  if (head != nullptr) head->link_ = &entry.next_;
  head = &entry;
}

void Deadlines::unlink(Entry& entry) noexcept {
  if (entry.link_ == nullptr) return;
  *entry.link_ = entry.next_;
  if (entry.next_ != nullptr) entry.next_->link_ = entry.link_;
  entry.link_ = nullptr;
}

void Deadlines::remove(Entry& entry) noexcept {
  const std::lock_guard lock(shard_of(entry).mutex);
  unlink(entry);
}

void Deadlines::expire(std::uint64_t tick) {
  std::vector<std::shared_ptr<Entry>> due;
  for (auto& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (Entry* entry = shard.slots[tick % kSlots]; entry != nullptr;) {
      Entry* next = entry->next_;
      if (entry->due_ <= tick) {
        unlink(*entry);
        if (auto alive = entry->keep_alive()) due.push_back(std::move(alive));
      }
      entry = next;
    }
  }
  for (const auto& entry : due) entry->expired();
}

void Deadlines::run() {
  std::uint64_t done = 0;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    wake_.wait_until(lock, start_ + kTick * (done + 1));
    const std::uint64_t now = tick_of(Clock::now());
    lock.unlock();
    while (done < now) expire(++done);
    lock.lock();
  }
}

}  // namespace nexus::api
