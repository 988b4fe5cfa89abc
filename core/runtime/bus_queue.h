// What a bus is made of inside: events, and the queues of its subscriptions.
#pragma once

#include "core/runtime/bus.h"

#include <nexus/cpp/str.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <new>
#include <utility>

namespace nexus::core {

// A steady clock that is some milliseconds behind and costs a quarter: for times of whole seconds.
inline std::chrono::steady_clock::time_point coarse_now() noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return std::chrono::steady_clock::time_point(std::chrono::seconds(time.tv_sec) +
                                               std::chrono::nanoseconds(time.tv_nsec));
}

// Likewise, microseconds since the epoch: reading the precise clock would be a third of what a publish costs.
inline std::int64_t coarse_wall_clock_us() noexcept {
  timespec time{};
  clock_gettime(CLOCK_REALTIME_COARSE, &time);
  return std::int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

inline constexpr std::size_t kFirstRing = 64;

// One event and its text, in one piece of memory that is used again. `references` is guarded by the deliverers' lock;
// the rest does not change while it is queued.
struct Bus::Entry {
  std::shared_ptr<const Topic> topic;
  std::uint64_t sequence = 0;
  std::int64_t time_us = 0;
  std::uint32_t references = 0;
  std::uint32_t capacity;
  std::uint32_t key_size = 0;
  std::uint32_t payload_size = 0;
  std::uint32_t request_size = 0;

  static Entry* make(std::size_t capacity) {
    return new (::operator new(sizeof(Entry) + capacity)) Entry(static_cast<std::uint32_t>(capacity));
  }
  static void destroy(Entry* entry) noexcept {
    entry->~Entry();
    ::operator delete(entry);
  }

  std::size_t bytes() const noexcept { return std::size_t{key_size} + payload_size + request_size; }
  void fill(std::string_view key, std::string_view payload, std::string_view request_id) noexcept {
    key_size = put(0, key);
    payload_size = put(key_size, payload);
    request_size = put(std::size_t{key_size} + payload_size, request_id);
  }
  nx_event event() const noexcept {
    const char* const text = reinterpret_cast<const char*>(this + 1);
    return {sizeof(nx_event),
            0,
            to_abi(topic->name),
            {text, key_size},
            {text + key_size, payload_size},
            sequence,
            time_us,
            to_abi(topic->source),
            {text + key_size + payload_size, request_size}};
  }

 private:
  explicit Entry(std::uint32_t its_capacity) noexcept : capacity(its_capacity) {}
  std::uint32_t put(std::size_t at, std::string_view text) noexcept {
    if (!text.empty()) std::memcpy(reinterpret_cast<char*>(this + 1) + at, text.data(), text.size());
    return static_cast<std::uint32_t>(text.size());
  }
};

class Bus::Subscription : public std::enable_shared_from_this<Bus::Subscription> {
 public:
  Subscription(std::shared_ptr<Owner> owner, const SubscriptionSpec& spec)
      : owner_(std::move(owner)),
        spec_(spec),
        limit_(std::min(spec.queue_length == 0 ? kDefaultQueue : spec.queue_length, kLongestQueue)),
        ring_(kFirstRing) {}

  bool full(std::size_t bytes, std::size_t events = 1) const noexcept {
    return size() + events > limit_ || bytes_ + bytes > kQueueBytes;
  }
  std::size_t size() const noexcept { return tail_ - head_; }

  void push(Entry* entry) {
    if (size() == ring_.size()) grow();
    ring_[tail_++ & (ring_.size() - 1)] = entry;
    bytes_ += entry->bytes();
  }
  Entry* pop() noexcept {
    Entry* entry = ring_[head_++ & (ring_.size() - 1)];
    bytes_ -= entry->bytes();
    return entry;
  }

  // On a worker; calls the plugin.
  void run(const Entry& entry) noexcept;

  const std::shared_ptr<Owner> owner_;
  const SubscriptionSpec spec_;
  const std::size_t limit_;
  // All below is guarded by the deliverers' lock.
  bool idle_ = true;     // no turn runs or is promised
  bool closed_ = false;  // takes nothing new
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_logged_ = 0;
  std::chrono::steady_clock::time_point next_log_{};
  InFlight::Ticket ticket_;  // of a concurrent plugin, while not idle
  std::uint64_t since_ = 0;  // when it became ready, in ticks

 private:
  void grow() {
    std::vector<Entry*> larger(ring_.size() * 2);
    for (std::size_t at = head_; at != tail_; ++at) larger[at & (larger.size() - 1)] = ring_[at & (ring_.size() - 1)];
    ring_.swap(larger);
  }

  std::vector<Entry*> ring_;  // its size is a power of two
  std::size_t head_ = 0;
  std::size_t tail_ = 0;
  std::size_t bytes_ = 0;
};

struct Bus::Overflow {
  std::shared_ptr<Owner> owner;
  std::string pattern;
  std::uint64_t dropped;
};

}  // namespace nexus::core
