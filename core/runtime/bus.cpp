#include "core/runtime/bus.h"

#include "core/runtime/call.h"
#include "core/runtime/values.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>

#include <algorithm>
#include <array>
#include <chrono>

namespace nexus::core {
namespace {

// Events that a delivery takes at once: enough to meet publishers rarely, few enough to be fair to other subscriptions.
constexpr std::size_t kBatch = 64;
// Entries that are kept for the next events, and the largest that is worth keeping.
constexpr std::size_t kKeptEntries = 4096;
constexpr std::size_t kKeptBytes = 4096;
// An overflowing queue is named in the log at most this often.
constexpr std::chrono::seconds kLogEvery{10};
constexpr std::size_t kFirstRing = 64;

}  // namespace

bool topic_matches(std::string_view pattern, std::string_view topic) noexcept {
  if (pattern == "*") return true;
  if (pattern.ends_with(".*")) return topic.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == topic;
}

bool is_pattern(std::string_view pattern) noexcept {
  if (pattern == "*") return true;
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return pattern.find('.') != std::string_view::npos;
  return star == pattern.size() - 1 && star >= 2 && pattern[star - 1] == '.' && pattern.find('.') == star - 1;
}

// One event, in memory that is used again. `references` is guarded by the bus; the rest does not change while it is
// queued.
struct Bus::Entry {
  Entry* next = nullptr;
  std::uint32_t references = 0;
  std::shared_ptr<const Topic> topic;
  std::string text;  // key, payload, request id
  std::size_t key_end = 0;
  std::size_t payload_end = 0;
  std::uint64_t sequence = 0;
  std::int64_t time_us = 0;

  void fill(std::string_view key, std::string_view payload, std::string_view request_id) {
    text.assign(key);
    text.append(payload);
    text.append(request_id);
    key_end = key.size();
    payload_end = key_end + payload.size();
  }
  nx_event event() const noexcept {
    const std::string_view all = text;
    return {sizeof(nx_event),
            0,
            to_abi(topic->name),
            to_abi(all.substr(0, key_end)),
            to_abi(all.substr(key_end, payload_end - key_end)),
            sequence,
            time_us,
            to_abi(topic->source),
            to_abi(all.substr(payload_end))};
  }
};

class Bus::Subscription : public std::enable_shared_from_this<Bus::Subscription> {
 public:
  Subscription(std::shared_ptr<Owner> owner, const SubscriptionSpec& spec)
      : owner_(std::move(owner)),
        spec_(spec),
        limit_(std::min(spec.queue_length == 0 ? kDefaultQueue : spec.queue_length, kLongestQueue)),
        ring_(kFirstRing) {}

  bool full(std::size_t bytes) const noexcept { return size() >= limit_ || bytes_ + bytes > kQueueBytes; }
  std::size_t size() const noexcept { return tail_ - head_; }

  void push(Entry* entry) {
    if (size() == ring_.size()) grow();
    ring_[tail_++ & (ring_.size() - 1)] = entry;
    bytes_ += entry->text.size();
  }
  Entry* pop() noexcept {
    Entry* entry = ring_[head_++ & (ring_.size() - 1)];
    bytes_ -= entry->text.size();
    return entry;
  }

  void run(const Entry& entry) noexcept {
    const auto event = entry.event();
    nx_call call(*owner_, Phase::work, std::chrono::steady_clock::now() + kBackgroundDeadline, view(event.request_id));
    owner_->call_down("event", call.request_id(), [&] {
      spec_.fn(spec_.user_data, &call, &event);
      return nx_status{NX_OK};
    });
    if (!call.error().empty()) {
      owner_->log(NX_LOG_WARNING, "the plugin could not handle an event", call.error(), call.request_id());
    }
  }

  const std::shared_ptr<Owner> owner_;
  const SubscriptionSpec spec_;
  const std::size_t limit_;
  // All below is guarded by the bus.
  bool idle_ = true;     // no delivery is under way
  bool closed_ = false;  // takes nothing new
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_logged_ = 0;
  std::chrono::steady_clock::time_point next_log_{};

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

Bus::Bus() = default;

Bus::~Bus() {
  for (const auto& subscription : subscriptions_) {
    while (subscription->size() != 0) give_back(subscription->pop());
  }
  while (free_ != nullptr) delete std::exchange(free_, free_->next);
}

void Bus::match(Topic& topic) {
  topic.subscribers.clear();
  for (const auto& subscription : subscriptions_) {
    if (!subscription->closed_ && topic_matches(subscription->spec_.pattern, topic.name))
      topic.subscribers.push_back(subscription.get());
  }
}

void Bus::open(const std::shared_ptr<Topic>& topic) {
  const std::lock_guard lock(mutex_);
  topics_.push_back(topic);
  match(*topic);
}

void Bus::close(const std::shared_ptr<Topic>& topic) {
  const std::lock_guard lock(mutex_);
  std::erase(topics_, topic);
  topic->subscribers.clear();
}

void Bus::subscribe(const std::shared_ptr<Owner>& owner, const SubscriptionSpec& spec) {
  auto subscription = std::make_shared<Subscription>(owner, spec);
  const std::lock_guard lock(mutex_);
  subscriptions_.push_back(std::move(subscription));
  for (const auto& topic : topics_) match(*topic);
}

void Bus::unsubscribe(const Owner& owner) {
  const std::lock_guard lock(mutex_);
  for (const auto& subscription : subscriptions_) {
    if (subscription->owner_.get() == &owner) subscription->closed_ = true;
  }
  for (const auto& topic : topics_) match(*topic);
}

void Bus::forget(const Owner& owner) {
  unsubscribe(owner);
  const std::lock_guard lock(mutex_);
  std::erase_if(subscriptions_, [&](const auto& subscription) {
    if (subscription->owner_.get() != &owner) return false;
    while (subscription->size() != 0) give_back(subscription->pop());
    return true;
  });
}

Bus::Entry* Bus::take_entry(std::size_t bytes) {
  if (free_ == nullptr || bytes > kKeptBytes) return new Entry();
  --free_count_;
  return std::exchange(free_, free_->next);
}

void Bus::give_back(Entry* entry) noexcept {
  if (--entry->references != 0) return;
  if (free_count_ >= kKeptEntries || entry->text.capacity() > 2 * kKeptBytes) {
    delete entry;
    return;
  }
  entry->next = std::exchange(free_, entry);
  ++free_count_;
}

// Answers whether an overflow wants to be logged.
bool Bus::enqueue(Subscription& subscription, Entry* entry) {
  const bool full = subscription.full(entry->text.size());
  if (full) {
    ++counters_.dropped;
    ++subscription.dropped_;
  }
  if (full && subscription.spec_.overflow == NX_OVERFLOW_DROP_OLDEST) {
    while (subscription.size() != 0 && subscription.full(entry->text.size())) give_back(subscription.pop());
  }
  if (!full || subscription.spec_.overflow == NX_OVERFLOW_DROP_OLDEST) {
    ++entry->references;
    subscription.push(entry);
    if (subscription.idle_) wake(subscription);
  }
  if (!full) return false;
  const auto now = std::chrono::steady_clock::now();
  if (now < subscription.next_log_) return false;
  subscription.next_log_ = now + kLogEvery;
  return true;
}

// Only puts the delivery in the workers' queue, so it is safe under the lock.
void Bus::wake(Subscription& subscription) {
  subscription.idle_ = false;
  auto self = subscription.shared_from_this();
  if (subscription.owner_->post([this, self] { deliver(self); }, Admission::always)) return;
  while (subscription.size() != 0) give_back(subscription.pop());  // its plugin is closed: nobody will take them
  subscription.idle_ = true;
}

nx_status Bus::publish(Topic& topic, std::string_view key, std::string_view payload, std::string_view request_id) {
  if (payload.size() > kPayloadLimit || key.size() > kPayloadLimit) return NX_E_LIMIT;
  const auto bytes = key.size() + payload.size() + request_id.size();
  // A large copy is not made under the lock.
  std::unique_ptr<Entry> large;
  if (bytes > kKeptBytes) {
    large = std::make_unique<Entry>();
    large->fill(key, payload, request_id);
  }
  const auto time = wall_clock_us();
  std::vector<Overflow> overflows;
  {
    const std::lock_guard lock(mutex_);
    ++counters_.published;
    const auto sequence = ++sequence_;
    if (topic.subscribers.empty()) return NX_OK;
    Entry* entry = large ? large.release() : take_entry(bytes);
    if (bytes <= kKeptBytes) entry->fill(key, payload, request_id);
    if (entry->topic.get() != &topic) entry->topic = topic.shared_from_this();
    entry->sequence = sequence;
    entry->time_us = time;
    entry->references = 1;  // of this function
    for (Subscription* subscription : topic.subscribers) {
      if (!enqueue(*subscription, entry)) continue;
      const auto dropped = subscription->dropped_ - subscription->dropped_logged_;
      subscription->dropped_logged_ = subscription->dropped_;
      overflows.push_back({subscription->owner_, subscription->spec_.pattern, dropped});
    }
    give_back(entry);
  }
  if (!overflows.empty()) report(overflows);
  return NX_OK;
}

void Bus::report(const std::vector<Overflow>& overflows) {
  for (const auto& overflow : overflows) {
    const std::array<nx_kv, 2> fields{nx_kv{to_abi("pattern"), to_value(std::string_view(overflow.pattern))},
                                      nx_kv{to_abi("dropped"), to_value(static_cast<std::int64_t>(overflow.dropped))}};
    overflow.owner->logger().write(NX_LOG_WARNING, overflow.owner->id(),
                                   "a subscription's queue is full and drops events", fields);
  }
}

void Bus::deliver(const std::shared_ptr<Subscription>& subscription) {
  std::array<Entry*, kBatch> batch;
  std::size_t count = 0;
  {
    const std::lock_guard lock(mutex_);
    count = std::min(kBatch, subscription->size());
    for (std::size_t i = 0; i < count; ++i) batch[i] = subscription->pop();
  }
  for (std::size_t i = 0; i < count; ++i) subscription->run(*batch[i]);
  // A turn ends after one batch; what is left waits for the next turn, behind the others.
  const std::unique_lock lock(mutex_);
  for (std::size_t i = 0; i < count; ++i) give_back(batch[i]);
  counters_.delivered += count;
  subscription->idle_ = true;
  if (subscription->size() != 0) wake(*subscription);
}

Bus::Counters Bus::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

}  // namespace nexus::core
