#include "panel.h"

#include <doctest/doctest.h>

#include <thread>

using namespace nexus;
using test::eventually;

namespace {

struct Count {
  std::atomic<int> due{0};
  std::atomic<int> freed{0};
  static void run(void* user_data, nx_call* call) {
    auto& me = *static_cast<Count*>(user_data);
    call != nullptr ? ++me.due : ++me.freed;
  }
};

}  // namespace

TEST_CASE("a timer runs once when due, with a call of its plugin") {
  test::Panel panel;
  test::RawPlugin plugin;
  const auto host = panel.host(panel.add("a", plugin));
  Count count;
  nx_handle handle = 0;
  const auto before = host.monotonic_us();
  REQUIRE(host.clock->after(host.raw, 20'000, &Count::run, &count, &handle) == NX_OK);
  REQUIRE(eventually([&] { return count.due == 1; }));
  CHECK(host.monotonic_us() - before >= 20'000);
  CHECK(host.clock->cancel(host.raw, handle) == NX_E_STALE);
  CHECK(count.freed == 0);
  CHECK(host.clock->after(host.raw, -1, &Count::run, &count, &handle) == NX_E_INVALID);
}

TEST_CASE("a cancelled timer, and one whose plugin stops, runs with NULL, once") {
  test::Panel panel;
  test::RawPlugin plugin;
  auto& made = panel.add("a", plugin);
  const auto host = panel.host(made);
  Count cancelled, stopped;
  nx_handle handle = 0;
  REQUIRE(host.clock->after(host.raw, 60'000'000, &Count::run, &cancelled, &handle) == NX_OK);
  REQUIRE(host.clock->after(host.raw, INT64_MAX, &Count::run, &stopped, nullptr) == NX_OK);
  CHECK(host.clock->cancel(host.raw, handle) == NX_OK);
  CHECK(host.clock->cancel(host.raw, handle) == NX_E_STALE);
  CHECK(made.drain(test::in(test::kPatience)));
  CHECK(cancelled.freed == 1);
  CHECK(stopped.freed == 1);
  CHECK(cancelled.due + stopped.due == 0);
  CHECK(host.clock->after(host.raw, 0, &Count::run, &stopped, nullptr) == NX_E_UNAVAILABLE);
}

TEST_CASE("a plugin has at most 10,000 timers, and gets their places back") {
  test::Panel panel;
  test::RawPlugin plugin;
  const auto host = panel.host(panel.add("a", plugin));
  Count count;
  std::vector<nx_handle> handles(10'000);
  for (auto& handle : handles) {
    if (host.clock->after(host.raw, 600'000'000, &Count::run, &count, &handle) != NX_OK) FAIL("too few");
  }
  CHECK(host.clock->after(host.raw, 0, &Count::run, &count, nullptr) == NX_E_LIMIT);
  for (const auto handle : handles) host.clock->cancel(host.raw, handle);
  CHECK(eventually([&] { return count.freed == 10'000; }));
  CHECK(eventually([&] { return host.clock->after(host.raw, 0, &Count::run, &count, nullptr) == NX_OK; }));
}
