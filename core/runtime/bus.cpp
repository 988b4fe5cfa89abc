#include "core/runtime/bus.h"

#include "core/runtime/bus_queue.h"
#include "core/runtime/values.h"

#include <nexus/log.h>

#include <array>
#include <mutex>

namespace nexus::core {
namespace {

// Events with at most so much text are kept for the next ones, as many as a burst may fill the longest queue with;
// after the burst so many, some 300 KB.
constexpr std::size_t kKeptText = 256;
constexpr std::size_t kKeptEntries = kLongestQueue;
constexpr std::size_t kKeptAtRest = 1024;
// A publisher that finds so much in the inbox settles it: a bound for memory that deliverers rarely let it come to.
constexpr std::size_t kInbox = 16'384;
constexpr std::size_t kInboxBytes = 4 * 1024 * 1024;
// An overflowing queue is named in the log at most this often.
constexpr std::chrono::seconds kLogEvery{10};

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

// A worker has used it last: the memory of those that follow is on the way while the publisher does other things.
Bus::Entry* Bus::take_spare() noexcept {
  constexpr std::size_t kAhead = 4;
  Entry* const entry = spare_.back();
  spare_.pop_back();
  if (spare_.size() >= kAhead) {
    const auto* const soon = reinterpret_cast<const char*>(spare_[spare_.size() - kAhead]);
    __builtin_prefetch(soon, 1);
    __builtin_prefetch(soon + 64, 1);
  }
  return entry;
}

Bus::Bus() {
  inbox_.reserve(kInbox);
  settling_.reserve(kInbox);
}

Bus::~Bus() {
  stop();
  for (const auto& subscription : subscriptions_) clear(*subscription);
  for (Entry* entry : inbox_) Entry::destroy(entry);
  for (Entry* entry : spare_) Entry::destroy(entry);
  for (Entry* entry : freed_) Entry::destroy(entry);
}

void Bus::stop() {
  std::thread watcher;
  {
    const std::lock_guard lock(mutex_);
    const std::lock_guard inbox_lock(inbox_mutex_);
    stopping_ = true;
    watcher.swap(watcher_);
  }
  woken_.notify_one();
  if (watcher.joinable()) watcher.join();
}

void Bus::match(Topic& topic) {
  topic.subscribers.clear();
  for (const auto& subscription : subscriptions_) {
    if (!subscription->closed_ && topic_matches(subscription->spec_.pattern, topic.name))
      topic.subscribers.push_back(subscription.get());
  }
  topic.heard = !topic.subscribers.empty();
}

void Bus::match_all() {
  for (const auto& topic : topics_) match(*topic);
}

void Bus::open(const std::shared_ptr<Topic>& topic) {
  const std::lock_guard lock(mutex_);
  topics_.push_back(topic);
  match(*topic);
}

void Bus::close(const std::shared_ptr<Topic>& topic) {
  Overflows overflows;
  {
    const std::lock_guard lock(mutex_);
    settle(overflows);
    std::erase(topics_, topic);
    topic->subscribers.clear();
    topic->heard = false;
  }
  report(overflows);
}

void Bus::subscribe(const std::shared_ptr<Owner>& owner, const SubscriptionSpec& spec) {
  auto subscription = std::make_shared<Subscription>(owner, spec);
  Overflows overflows;
  {
    const std::lock_guard lock(mutex_);
    settle(overflows);
    subscriptions_.push_back(std::move(subscription));
    match_all();
    pool_ = &owner->workers();
    const std::lock_guard inbox_lock(inbox_mutex_);
    if (!watcher_.joinable() && !stopping_) watcher_ = std::thread([this] { watch(); });
  }
  report(overflows);
}

void Bus::unsubscribe(const Owner& owner) {
  Overflows overflows;
  {
    const std::lock_guard lock(mutex_);
    settle(overflows);
    for (const auto& subscription : subscriptions_) {
      if (subscription->owner_.get() == &owner) subscription->closed_ = true;
    }
    match_all();
  }
  report(overflows);
}

void Bus::forget(const Owner& owner) {
  unsubscribe(owner);
  std::vector<std::shared_ptr<Subscription>> gone;  // they, and perhaps their owner, end without the lock
  const std::lock_guard lock(mutex_);
  const auto is_its = [&](const auto& subscription) { return subscription->owner_.get() == &owner; };
  for (const auto& subscription : subscriptions_) {
    if (!is_its(subscription)) continue;
    clear(*subscription);
    gone.push_back(subscription);
  }
  for (const auto& subscription : ready_) {
    if (is_its(subscription)) subscription->ticket_ = {};
  }
  std::erase_if(ready_, is_its);
  std::erase_if(subscriptions_, is_its);
}

void Bus::give_back(Entry* entry) noexcept {
  if (--entry->references != 0) return;
  if (freed_.size() >= kKeptEntries || entry->capacity > kKeptText) {
    Entry::destroy(entry);
  } else {
    freed_.push_back(entry);
  }
}

// After a burst: gives back most of the memory of its events.
void Bus::trim() {
  std::vector<Entry*> gone;
  {
    const std::lock_guard lock(mutex_);
    const std::lock_guard inbox_lock(inbox_mutex_);
    for (auto* pile : {&spare_, &freed_}) {
      const auto kept = std::min(pile->size(), kKeptAtRest / 2);
      gone.insert(gone.end(), pile->begin() + static_cast<std::ptrdiff_t>(kept), pile->end());
      pile->resize(kept);
      pile->shrink_to_fit();
    }
  }
  for (Entry* entry : gone) Entry::destroy(entry);
}

void Bus::clear(Subscription& subscription) noexcept {
  while (subscription.size() != 0) give_back(subscription.pop());
}

nx_status Bus::publish(Topic& topic, std::string_view key, std::string_view payload, std::string_view request_id) {
  if (payload.size() > kPayloadLimit || key.size() > kPayloadLimit || request_id.size() > kPayloadLimit) {
    return NX_E_LIMIT;
  }
  const auto bytes = key.size() + payload.size() + request_id.size();
  Entry* entry = nullptr;
  if (bytes > kKeptText) {  // a large copy is not made under the lock
    entry = Entry::make(bytes);
    entry->fill(key, payload, request_id);
  }
  const auto time = coarse_wall_clock_us();
  bool wake = false;
  bool full = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    const auto sequence = ++sequence_;
    if (!topic.heard.load(std::memory_order_relaxed)) {
      if (entry != nullptr) Entry::destroy(entry);
      return NX_OK;
    }
    if (entry == nullptr) {
      entry = spare_.empty() ? Entry::make(kKeptText) : take_spare();
      entry->fill(key, payload, request_id);
    }
    if (entry->topic.get() != &topic) entry->topic = topic.shared_from_this();
    entry->sequence = sequence;
    entry->time_us = time;
    inbox_.push_back(entry);
    inbox_bytes_ += bytes;
    waiting_.store(inbox_.size(), std::memory_order_relaxed);
    waiting_bytes_.store(inbox_bytes_, std::memory_order_relaxed);
    full = inbox_.size() >= kInbox || inbox_bytes_ >= kInboxBytes;
    wake = std::exchange(asleep_, false);
  }
  if (wake) woken_.notify_one();
  if (full) settle_and_report();
  return NX_OK;
}

// Shares out what publishers have left.
void Bus::settle(Overflows& overflows) {
  settled_tick_ = ticks_;
  {
    const std::lock_guard lock(inbox_mutex_);
    if (spare_.size() < freed_.size()) spare_.swap(freed_);
    if (inbox_.empty()) return;
    inbox_.swap(settling_);
    inbox_bytes_ = 0;
    waiting_.store(0, std::memory_order_relaxed);
    waiting_bytes_.store(0, std::memory_order_relaxed);
    settled_ = true;
  }
  constexpr std::size_t kAhead = 8;
  for (std::size_t i = 0; i < settling_.size(); ++i) {
    if (i + kAhead < settling_.size()) __builtin_prefetch(settling_[i + kAhead], 1);
    Entry* entry = settling_[i];
    entry->references = 1;  // of this function
    for (Subscription* subscription : entry->topic->subscribers) enqueue(*subscription, entry, overflows);
    give_back(entry);
  }
  settling_.clear();
}

void Bus::settle_and_report() {
  Overflows overflows;
  {
    const std::lock_guard lock(mutex_);
    settle(overflows);
  }
  report(overflows);
}

void Bus::enqueue(Subscription& subscription, Entry* entry, Overflows& overflows) {
  const bool full = subscription.full(entry->bytes());
  if (full) {
    ++dropped_;
    ++subscription.dropped_;
    if (const auto now = coarse_now(); now >= subscription.next_log_) {
      subscription.next_log_ = now + kLogEvery;
      const auto unsaid = subscription.dropped_ - std::exchange(subscription.dropped_logged_, subscription.dropped_);
      overflows.push_back({subscription.owner_, subscription.spec_.pattern, unsaid});
    }
    if (subscription.spec_.overflow != NX_OVERFLOW_DROP_OLDEST) return;
    while (subscription.size() != 0 && subscription.full(entry->bytes())) give_back(subscription.pop());
  }
  ++entry->references;
  subscription.push(entry);
  if (subscription.idle_) activate(subscription);
}

void Bus::report(const Overflows& overflows) {
  for (const auto& overflow : overflows) {
    const std::array<nx_kv, 2> fields{nx_kv{to_abi("pattern"), to_value(std::string_view(overflow.pattern))},
                                      nx_kv{to_abi("dropped"), to_value(static_cast<std::int64_t>(overflow.dropped))}};
    overflow.owner->logger().write(NX_LOG_WARNING, overflow.owner->id(),
                                   "a subscription's queue is full and drops events", fields);
  }
}

Bus::Counters Bus::counters() {
  Overflows overflows;
  Counters counters;
  {
    const std::lock_guard lock(mutex_);
    settle(overflows);
    const std::lock_guard inbox_lock(inbox_mutex_);
    counters = {sequence_, delivered_, dropped_};
  }
  report(overflows);
  return counters;
}

}  // namespace nexus::core
