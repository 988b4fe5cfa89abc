// Facts from one plugin to many: publish copies and queues, workers deliver.
//
// A publisher appends its event to the inbox, under a lock of its own, and is done: what an event costs it does not
// depend on the number of subscribers. Who delivers (a runner, on a worker) now and then settles the inbox: shares it
// out to the queues of the subscriptions, which hold pointers to events that are stored once. The outcome is that of
// sharing out at once, because the inbox is settled before anything is taken from a queue that it could fill, and
// before the set of subscriptions changes.
//
// One runner serves all subscriptions in turns and looks again for a moment before it goes, so that a stream of events
// costs no wake-ups. A thread of the bus, which runs no plugin code, calls a runner where there is none, and another
// one where something has waited too long: so a slow subscriber keeps its runner, and delays nobody.
#pragma once

#include "core/runtime/owner.h"

#include <nexus/events.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
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
    std::atomic<bool> heard{false};          // somebody subscribes to it
  };

  struct Counters {
    std::uint64_t published = 0;
    std::uint64_t delivered = 0;
    std::uint64_t dropped = 0;
  };

  Bus();
  ~Bus();  // stop; nothing is delivered any more: the workers have been joined
  Bus(const Bus&) = delete;
  Bus& operator=(const Bus&) = delete;

  // Calls no runners any more. Before the workers that deliver are shut down; not from one of them.
  void stop();

  void open(const std::shared_ptr<Topic>& topic);
  void close(const std::shared_ptr<Topic>& topic);

  void subscribe(const std::shared_ptr<Owner>& owner, const SubscriptionSpec& spec);
  // No new events; what is queued is still delivered.
  void unsubscribe(const Owner& owner);
  // Drops what is still queued as well; after the last delivery.
  void forget(const Owner& owner);

  // Never blocks on a subscriber, and runs none.
  nx_status publish(Topic& topic, std::string_view key, std::string_view payload, std::string_view request_id);

  Counters counters();

 private:
  struct Entry;
  struct Overflow;
  using Lock = std::unique_lock<std::mutex>;
  using Overflows = std::vector<Overflow>;

  // With the deliverers' lock held:
  void settle(Overflows& overflows);
  bool wants_settling() const noexcept;
  bool fits(const Subscription& subscription) const noexcept;
  void enqueue(Subscription& subscription, Entry* entry, Overflows& overflows);
  void give_back(Entry* entry) noexcept;
  Entry* take_spare() noexcept;  // with the publishers' lock
  void clear(Subscription& subscription) noexcept;
  void activate(Subscription& subscription);
  void post_turn(Subscription& subscription);
  void match(Topic& topic);
  void match_all();
  bool overdue() const noexcept;
  bool linger(Lock& lock);
  bool turn(Lock& lock, Subscription& subscription);
  void finish(Lock& lock, std::shared_ptr<Subscription> subscription);

  static void report(const Overflows& overflows);
  void settle_and_report();
  void deliver(const std::shared_ptr<Subscription>& subscription);
  void run();
  void watch();
  bool tick();
  void trim();
  void call_runner(Lock& lock);
  void abandon();

  // Of the publishers. Taken for some ten nanoseconds, by a deliverer once for many events.
  alignas(64) std::mutex inbox_mutex_;
  std::uint64_t sequence_ = 0;
  std::vector<Entry*> inbox_;
  std::size_t inbox_bytes_ = 0;
  std::vector<Entry*> spare_;  // to be used again
  bool asleep_ = false;        // the watching thread waits to be woken
  bool settled_ = false;       // since it last looked
  bool stopping_ = false;
  std::atomic<std::size_t> waiting_{0};  // events in the inbox, to be read without the lock
  std::atomic<std::size_t> waiting_bytes_{0};

  // Of the deliverers. Taken before the publishers' lock.
  alignas(64) std::mutex mutex_;
  std::vector<Entry*> settling_;
  std::vector<Entry*> freed_;  // likewise; the publishers get the larger pile
  std::uint64_t delivered_ = 0;
  std::uint64_t dropped_ = 0;
  std::vector<std::shared_ptr<Topic>> topics_;
  std::vector<std::shared_ptr<Subscription>> subscriptions_;
  std::deque<std::shared_ptr<Subscription>> ready_;  // of concurrent plugins; they wait for a runner
  std::size_t called_ = 0;                           // runners that wait for a worker
  std::size_t runners_ = 0;
  bool lingering_ = false;  // a runner without work looks for more
  bool over_ = false;       // there are no workers any more
  std::uint64_t ticks_ = 0;
  std::uint64_t settled_tick_ = 0;
  WorkerPool* pool_ = nullptr;

  std::condition_variable woken_;
  std::thread watcher_;
};

}  // namespace nexus::core
