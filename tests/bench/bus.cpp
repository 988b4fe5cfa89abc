// The event bus against Poco's: row 26, nanoseconds per publish with ten subscribers; row 27, events per second from
// one producer thread to one consumer.
//
// Ours is asynchronous: a publish returns when the event is queued. So that no work is hidden, "delivered_ns" is the
// time per event until all ten handlers have run, on two workers. Poco::BasicEvent runs its delegates inside notify.
#include "core/runtime/bus.h"

#include <nexus/log.h>

#include <Poco/BasicEvent.h>
#include <Poco/Delegate.h>
#include <Poco/Notification.h>
#include <Poco/NotificationQueue.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <thread>
#include <vector>

namespace {

using namespace nexus;
using namespace nexus::core;
using Clock = std::chrono::steady_clock;

constexpr int kSubscribers = 10;
constexpr int kBurst = 20'000;  // below the length of a queue: nothing may be dropped
constexpr int kRounds = 15;
constexpr std::int64_t kStream = 1'000'000;

class Silent final : public Logger {
 public:
  void write(std::int32_t, std::string_view, std::string_view, std::span<const nx_kv>,
             std::string_view) noexcept override {}
  const volatile std::int32_t* threshold() const noexcept override { return &level_; }
  void set_level(std::int32_t) noexcept override {}
  Result<void> reopen() override { return {}; }

 private:
  std::int32_t level_ = NX_LOG_ERROR;
};

struct alignas(64) Count {
  std::atomic<std::int64_t> value{0};
};

void count(void* user_data, nx_call*, const nx_event*) {
  static_cast<Count*>(user_data)->value.fetch_add(1, std::memory_order_relaxed);
}

double nanoseconds(Clock::duration time, std::int64_t times) {
  return std::chrono::duration<double, std::nano>(time).count() / static_cast<double>(times);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// A bus with `subscribers` plugins and one topic.
class Ours {
 public:
  explicit Ours(int subscribers) : pool_(2, 10'000), counts_(static_cast<std::size_t>(subscribers)) {
    topic_->name = "servers.removed/1";
    topic_->source = "servers";
    topics_.emplace(topic_->name, topic_);
    bus_.open(topic_);
    OwnerParts parts;
    parts.pool = &pool_;
    parts.logger = &logger_;
    for (int i = 0; i < subscribers; ++i) {
      owners_.push_back(std::make_shared<Owner>("p" + std::to_string(i), parts));
      owners_.back()->set_concurrent(true);
      bus_.subscribe(owners_.back(), {topic_->name, kLongestQueue, NX_OVERFLOW_DROP_NEWEST, &count,
                                      &counts_[static_cast<std::size_t>(i)]});
    }
  }

  // As the interface table does: the topic is looked up by its text.
  void publish() {
    const auto found = topics_.find(std::string_view("servers.removed/1"));
    bus_.publish(*found->second, "7", R"({"server_id":7})", "request");
  }
  std::int64_t delivered() const {
    std::int64_t least = INT64_MAX;
    for (const auto& each : counts_) least = std::min(least, each.value.load(std::memory_order_relaxed));
    return least;
  }
  std::uint64_t dropped() { return bus_.counters().dropped; }
  ~Ours() {
    bus_.stop();
    pool_.shutdown();
  }

 private:
  Silent logger_;
  Bus bus_;
  WorkerPool pool_;
  std::shared_ptr<Bus::Topic> topic_ = std::make_shared<Bus::Topic>();
  std::map<std::string, std::shared_ptr<Bus::Topic>, std::less<>> topics_;
  std::vector<std::shared_ptr<Owner>> owners_;
  std::vector<Count> counts_;
};

struct Publish {
  double publish = 0;
  double delivered = 0;
};

Publish ours_burst(Ours& ours, std::int64_t& sent) {
  const auto start = Clock::now();
  for (int i = 0; i < kBurst; ++i) ours.publish();
  const auto published = Clock::now();
  sent += kBurst;
  while (ours.delivered() < sent) std::this_thread::yield();
  return {nanoseconds(published - start, kBurst), nanoseconds(Clock::now() - start, kBurst)};
}

class Listener {
 public:
  void on(const void*, int&) { ++count; }
  std::int64_t count = 0;
};

double poco_burst() {
  Poco::BasicEvent<int> event;
  std::array<Listener, kSubscribers> listeners;
  for (auto& listener : listeners) event += Poco::delegate(&listener, &Listener::on);
  const auto start = Clock::now();
  for (int i = 0; i < kBurst; ++i) event.notify(nullptr, i);
  return nanoseconds(Clock::now() - start, kBurst);
}

// Events per second; the producer waits when the consumer is half a queue behind, because nothing may be dropped.
double ours_stream() {
  Ours ours(1);
  const auto start = Clock::now();
  for (std::int64_t i = 0; i < kStream; ++i) {
    if (i % 1024 == 0) {
      while (i - ours.delivered() > kLongestQueue / 2) std::this_thread::yield();
    }
    ours.publish();
  }
  while (ours.delivered() < kStream) std::this_thread::yield();
  return 1e9 / nanoseconds(Clock::now() - start, kStream);
}

class Number final : public Poco::Notification {};

double poco_stream() {
  Poco::NotificationQueue queue;
  const auto start = Clock::now();
  std::thread consumer([&] {
    for (std::int64_t i = 0; i < kStream; ++i) Poco::Notification::Ptr taken(queue.waitDequeueNotification());
  });
  for (std::int64_t i = 0; i < kStream; ++i) queue.enqueueNotification(new Number);
  consumer.join();
  return 1e9 / nanoseconds(Clock::now() - start, kStream);
}

}  // namespace

int main() {
  std::vector<double> publish, delivered, peer;
  {
    Ours ours(kSubscribers);
    std::int64_t sent = 0;
    for (int round = 0; round < kRounds; ++round) {
      const auto burst = ours_burst(ours, sent);
      publish.push_back(burst.publish);
      delivered.push_back(burst.delivered);
      peer.push_back(poco_burst());
    }
    if (ours.dropped() != 0) return std::puts("events were dropped"), 1;
  }
  std::printf(R"({"row":26,"ours":%.1f,"peer":%.1f,"ratio":%.3f,"unit":"ns","delivered_ns":%.1f})"
              "\n",
              median(publish), median(peer), median(publish) / median(peer), median(delivered));

  std::vector<double> ours_rate, peer_rate;
  for (int round = 0; round < 5; ++round) {
    ours_rate.push_back(ours_stream());
    peer_rate.push_back(poco_stream());
  }
  std::printf(R"({"row":27,"ours":%.0f,"peer":%.0f,"ratio":%.2f,"unit":"events/s"})"
              "\n",
              median(ours_rate), median(peer_rate), median(ours_rate) / median(peer_rate));
}
