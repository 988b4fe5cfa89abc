// Facts from one plugin to many: publish copies and queues, workers deliver.
//
// One lock, held for about fifty nanoseconds, covers the sequence number, the queues of the subscriptions and the pool
// of entries; so all subscribers see all events in one order, and counting references needs no atomics. An event is
// stored once and the queues hold pointers to it. A subscription has at most one delivery under way, which takes a
// batch, runs it without the lock, and gives it back with the next one: workers and publishers rarely meet.
#pragma once

#include "core/runtime/owner.h"

#include <nexus/events.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::core {

inline constexpr std::size_t kPayloadLimit = 256 * 1024;
inline constexpr std::uint32_t kDefaultQueue = 1024;
inline constexpr std::uint32_t kLongestQueue = 65'536;
// What one subscription may hold of payloads, so that a long queue of large events cannot take the machine's memory.
inline constexpr std::size_t kQueueBytes = 64 * 1024 * 1024;

struct SubscriptionSpec {
  std::string pattern;  // a topic, "<plugin id>.*" or "*"
  std::uint32_t queue_length = 0;
  std::uint32_t overflow = NX_OVERFLOW_DROP_NEWEST;
  nx_event_fn fn = nullptr;
  void* user_data = nullptr;
};

// Whether `topic` ("servers.removed/1") is meant by `pattern`. Pure.
bool topic_matches(std::string_view pattern, std::string_view topic) noexcept;
// Whether `pattern` may be subscribed to. Pure.
bool is_pattern(std::string_view pattern) noexcept;

// Thread-safe.
class Bus {
 public:
  class Subscription;

  // A topic that may be published on; made at registration, used by one plugin.
  struct Topic : std::enable_shared_from_this<Topic> {
    std::string name;
    std::string source;
    std::vector<Subscription*> subscribers;  // guarded by the bus
  };

  struct Counters {
    std::uint64_t published = 0;
    std::uint64_t delivered = 0;
    std::uint64_t dropped = 0;
  };

  Bus();
  ~Bus();  // nothing is delivered any more: the workers have been joined
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  void open(const std::shared_ptr<Topic>& topic);
  void close(const std::shared_ptr<Topic>& topic);

  void subscribe(const std::shared_ptr<Owner>& owner, const SubscriptionSpec& spec);
  // No new events; what is queued is still delivered.
  void unsubscribe(const Owner& owner);
  // Drops what is still queued as well; after the last delivery.
  void forget(const Owner& owner);

  // Never blocks on a subscriber, and runs none.
  nx_status publish(Topic& topic, std::string_view key, std::string_view payload, std::string_view request_id);

  Counters counters() const;

 private:
  struct Entry;
  struct Overflow;

  Entry* take_entry(std::size_t bytes);
  void give_back(Entry* entry) noexcept;
  void match(Topic& topic);
  bool enqueue(Subscription& subscription, Entry* entry);
  void wake(Subscription& subscription);
  void deliver(const std::shared_ptr<Subscription>& subscription);
  static void report(const std::vector<Overflow>& overflows);

  mutable std::mutex mutex_;
  std::uint64_t sequence_ = 0;
  Entry* free_ = nullptr;
  std::size_t free_count_ = 0;
  Counters counters_;
  std::vector<std::shared_ptr<Topic>> topics_;
  std::vector<std::shared_ptr<Subscription>> subscriptions_;
};

}  // namespace nexus::core
