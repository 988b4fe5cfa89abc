#include "core/runtime/bus.h"

#include "panel.h"

#include <doctest/doctest.h>

#include <thread>

using namespace nexus;
using test::eventually;
using test::Gate;
using test::Panel;
using test::RawPlugin;

namespace {

// What a subscriber saw; its callback is `take`.
struct Seen {
  std::mutex mutex;
  std::vector<std::string> keys;
  std::vector<std::uint64_t> sequences;
  std::atomic<std::size_t> count{0};
  std::atomic<int> inside{0};
  std::atomic<bool> nested{false};
  Gate* gate = nullptr;
  std::function<void(const nx_event&)> also;

  static void take(void* user_data, nx_call*, const nx_event* event) {
    auto& me = *static_cast<Seen*>(user_data);
    if (++me.inside > 1) me.nested = true;
    if (me.gate != nullptr) me.gate->wait();
    {
      const std::lock_guard lock(me.mutex);
      me.keys.emplace_back(view(event->key));
      me.sequences.push_back(event->sequence);
    }
    if (me.also) me.also(*event);
    --me.inside;
    ++me.count;
  }
};

// A plugin with the topics "<id>.a/1" and "<id>.b/1".
struct Publisher : RawPlugin {
  Publisher(Panel& panel, const std::string& id) : host(panel.make(id, *this)), face(panel.host(host)) {
    on_register = [this, id](nx_reg* reg, nx_call*) {
      for (const char* name : {".a/1", ".b/1"}) {
        const auto status = test::declare_topic(face, reg, id + name);
        if (status != NX_OK) return status;
      }
      return extra ? extra(reg) : nx_status{NX_OK};
    };
  }
  void start() {
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }
  std::function<nx_status(nx_reg*)> extra;
  ~Publisher() { leave(); }
  core::PluginHost& host;
  Host face;
};

struct Subscriber : RawPlugin {
  Subscriber(Panel& panel, const std::string& id, const char* pattern, Seen& seen, std::uint32_t length = 0,
             std::uint32_t overflow = NX_OVERFLOW_DROP_NEWEST, std::uint32_t flags = NX_PLUGIN_CONCURRENT)
      : RawPlugin(flags), host(panel.make(id, *this)) {
    on_register = [&panel, &seen, pattern, length, overflow, this](nx_reg* reg, nx_call*) {
      return test::subscribe(panel.host(host), reg, pattern, &Seen::take, &seen, length, overflow);
    };
    REQUIRE(host.register_plugin(table).ok());
    REQUIRE(host.start().ok());
  }
  ~Subscriber() { leave(); }
  core::PluginHost& host;
};

bool publish(Publisher& from, const std::string& topic, const std::string& key) {
  return from.face.publish(nullptr, topic, key, "{}").ok();
}

}  // namespace

TEST_CASE("patterns name a topic, all of a plugin, or everything") {
  CHECK(core::topic_matches("servers.removed/1", "servers.removed/1"));
  CHECK_FALSE(core::topic_matches("servers.removed/1", "servers.removed/2"));
  CHECK(core::topic_matches("servers.*", "servers.removed/1"));
  CHECK_FALSE(core::topic_matches("servers.*", "servers2.removed/1"));
  CHECK(core::topic_matches("*", "x.y/1"));
  for (const char* bad : {"", "servers", "ser*", "*.x", "servers.x*", "a.b.*", "**", ".*"}) {
    CAPTURE(bad);
    CHECK_FALSE(core::is_pattern(bad));
  }
}

#ifndef NDEBUG
TEST_CASE("a host for development refuses an event that breaks the schema of its topic") {
  Panel panel;
  Publisher from(panel, "first");
  from.extra = [&](nx_reg* reg) {
    return test::declare_topic(from.face, reg, "first.c/1",
                               R"({"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}})");
  };
  from.start();
  CHECK(from.face.publish(nullptr, "first.c/1", "7", R"({"id":7})").ok());
  for (const char* wrong : {R"({"id":"7"})", R"({"id":7,"name":"x"})", "{}", "no JSON"}) {
    CAPTURE(wrong);
    CHECK(from.face.publish(nullptr, "first.c/1", "7", wrong).error().status() == Status::invalid);
  }
}
#endif

TEST_CASE("every subscriber sees the events it asked for, in one order, one at a time") {
  Panel panel;
  Publisher first(panel, "first");
  Publisher second(panel, "second");
  first.start();
  second.start();
  Seen exact, all_of_first, everything;
  Subscriber one(panel, "one", "first.a/1", exact, 65'536);
  Subscriber two(panel, "two", "first.*", all_of_first, 65'536);
  Subscriber three(panel, "three", "*", everything, 65'536);
  constexpr int kEach = 2000;
  std::thread other([&] {
    for (int i = 0; i < kEach; ++i) publish(second, "second.a/1", "s" + std::to_string(i));
  });
  for (int i = 0; i < kEach; ++i) {
    CHECK(publish(first, i % 2 == 0 ? "first.a/1" : "first.b/1", "f" + std::to_string(i)));
  }
  other.join();
  REQUIRE(eventually([&] { return everything.count == 2 * kEach && all_of_first.count == kEach; }));
  REQUIRE(eventually([&] { return exact.count == kEach / 2; }));
  for (Seen* seen : {&exact, &all_of_first, &everything}) {
    CHECK(std::is_sorted(seen->sequences.begin(), seen->sequences.end()));
    CHECK_FALSE(seen->nested);
  }
  CHECK(all_of_first.keys.front() == "f0");
  CHECK(all_of_first.keys.back() == "f1999");
}

TEST_CASE("only the owner publishes a topic, and not before it is registered") {
  Panel panel;
  Publisher first(panel, "first");
  Publisher second(panel, "second");
  CHECK(first.face.publish(nullptr, "first.a/1", "", "{}").error().status() == Status::phase);
  first.start();
  second.start();
  CHECK(second.face.publish(nullptr, "first.a/1", "", "{}").error().status() == Status::not_found);
  const auto payload = [](std::size_t size) { return '"' + std::string(size - 2, 'x') + '"'; };
  CHECK(first.face.publish(nullptr, "first.a/1", "", payload(core::kPayloadLimit)).ok());
  CHECK(first.face.publish(nullptr, "first.a/1", "", payload(core::kPayloadLimit + 1)).error().status() ==
        Status::limit);
}

TEST_CASE("a full queue drops by its policy, counts, and says so once") {
  Panel panel;
  Publisher publisher(panel, "first");
  publisher.start();
  Gate gate;
  Seen newest, oldest;
  newest.gate = oldest.gate = &gate;
  Subscriber one(panel, "one", "first.*", newest, 4, NX_OVERFLOW_DROP_NEWEST);
  Subscriber two(panel, "two", "first.*", oldest, 4, NX_OVERFLOW_DROP_OLDEST);
  publish(publisher, "first.a/1", "0");
  REQUIRE(eventually([&] { return newest.inside == 1 && oldest.inside == 1; }));
  for (int i = 1; i <= 10; ++i) publish(publisher, "first.a/1", std::to_string(i));
  gate.open();
  REQUIRE(eventually([&] { return newest.count == 5 && oldest.count == 5; }));
  CHECK(newest.keys == std::vector<std::string>{"0", "1", "2", "3", "4"});
  CHECK(oldest.keys == std::vector<std::string>{"0", "7", "8", "9", "10"});
  REQUIRE(eventually([&] { return panel.lines.count("queue is full") == 2; }));
  CHECK(panel.lines.count("one a subscription's queue is full and drops events first.* 1") == 1);
}

TEST_CASE("a slow subscriber delays nobody") {
  Panel panel;
  Publisher publisher(panel, "first");
  publisher.start();
  Gate gate;
  Seen slow, quick;
  slow.gate = &gate;
  Subscriber one(panel, "one", "first.*", slow);
  Subscriber two(panel, "two", "first.*", quick);
  for (int i = 0; i < 100; ++i) publish(publisher, "first.a/1", "x");
  CHECK(eventually([&] { return quick.count == 100; }));
  CHECK(slow.count == 0);
  gate.open();
  CHECK(eventually([&] { return slow.count == 100; }));
}

TEST_CASE("a burst that nobody takes yet is kept whole, short and long events alike") {
  Panel panel;
  Publisher publisher(panel, "first");
  publisher.start();
  Gate gate;
  Seen seen;
  seen.gate = &gate;
  std::atomic<int> wrong{0};
  const auto payload_of = [](std::size_t number) {
    return "\"" + std::string(number % 100 == 0 ? 2000 : number % 50, static_cast<char>('a' + number % 26)) + "\"";
  };
  seen.also = [&](const nx_event& event) {
    const auto number = seen.keys.size() - 1;
    if (view(event.key) != std::to_string(number) || view(event.payload) != payload_of(number)) ++wrong;
  };
  Subscriber one(panel, "one", "first.*", seen, core::kLongestQueue);
  constexpr std::size_t kBurst = 40'000;
  for (std::size_t i = 0; i < kBurst; ++i) {
    if (!publisher.face.publish(nullptr, "first.a/1", std::to_string(i), payload_of(i)).ok()) ++wrong;
  }
  gate.open();
  REQUIRE(eventually([&] { return seen.count == kBurst; }));
  CHECK(wrong == 0);
  CHECK(std::is_sorted(seen.sequences.begin(), seen.sequences.end()));
}

TEST_CASE("what follows a slow event of one subscriber reaches the others, event after event") {
  Panel panel;
  Publisher publisher(panel, "first");
  publisher.start();
  Gate gate;
  Seen slow, quick;
  slow.gate = &gate;
  Subscriber one(panel, "one", "first.a/1", slow);
  Subscriber two(panel, "two", "first.b/1", quick);
  publish(publisher, "first.a/1", "x");
  REQUIRE(eventually([&] { return slow.inside == 1; }));
  for (std::size_t i = 1; i <= 20; ++i) {
    publish(publisher, "first.b/1", "y");
    CHECK(eventually([&] { return quick.count == i; }));
  }
  CHECK(slow.count == 0);
  gate.open();
  CHECK(eventually([&] { return slow.count == 1; }));
}

TEST_CASE("a subscriber may publish what it subscribes to: handlers follow each other and never nest") {
  Panel panel;
  Publisher publisher(panel, "first");
  Seen seen;
  publisher.extra = [&](nx_reg* reg) {
    return test::subscribe(publisher.face, reg, "first.*", &Seen::take, &seen, 0, NX_OVERFLOW_DROP_NEWEST);
  };
  seen.also = [&](const nx_event& event) {
    if (seen.count < 50) publish(publisher, "first.b/1", std::string(view(event.key)) + "+");
  };
  publisher.start();
  publish(publisher, "first.a/1", "x");
  CHECK(eventually([&] { return seen.count == 51; }));
  CHECK_FALSE(seen.nested);
}

TEST_CASE("a draining subscriber gets what it was promised and nothing new; its publisher goes without harm") {
  Panel panel;
  Publisher publisher(panel, "first");
  publisher.start();
  Gate gate;
  Seen seen;
  seen.gate = &gate;
  Subscriber one(panel, "one", "first.*", seen, 0, NX_OVERFLOW_DROP_NEWEST, 0);
  for (int i = 0; i < 200; ++i) publish(publisher, "first.a/1", std::to_string(i));
  std::thread drainer([&] { CHECK(one.host.drain(test::in(test::kPatience))); });
  panel.remove(publisher.host);  // its events are still queued
  gate.open();
  drainer.join();
  CHECK(seen.count == 200);
  CHECK(seen.keys.back() == "199");
}

TEST_CASE("a subscriber that throws is named, and gets its next event") {
  Panel panel;
  Publisher publisher(panel, "first");
  publisher.start();
  Seen seen;
  seen.also = [&](const nx_event&) {
    if (seen.keys.size() == 1) {
      --seen.inside;
      ++seen.count;
      throw std::runtime_error("oh no");
    }
  };
  Subscriber one(panel, "one", "first.*", seen);
  publish(publisher, "first.a/1", "0");
  publish(publisher, "first.a/1", "1");
  CHECK(eventually([&] { return seen.count == 2; }));
  CHECK(panel.lines.contain("one the plugin let an exception out of a callback event oh no"));
}
