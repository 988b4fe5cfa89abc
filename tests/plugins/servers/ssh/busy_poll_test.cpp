// How long a loop stays awake for what may come next.
#include "ssh/busy_poll.h"

#include <doctest/doctest.h>

using nexus::servers::ssh::BusyPoll;
using namespace std::chrono_literals;

TEST_CASE("a loop that nobody wakes sleeps at once") {
  BusyPoll poll;
  CHECK(poll.window() == 0us);
  poll.slept(10ms);
  CHECK(poll.window() == 0us);
}

TEST_CASE("short sleeps widen the window, up to its limit") {
  BusyPoll poll;
  for (const auto expected : {50us, 100us, 200us, 200us}) {
    poll.slept(BusyPoll::kMost);
    CHECK(poll.window() == expected);
  }
}

TEST_CASE("a loop that has become quiet is asleep after three vain windows") {
  BusyPoll poll;
  for (int i = 0; i < 3; ++i) poll.slept(1us);
  for (const auto expected : {100us, 50us, 0us, 0us}) {
    poll.slept(BusyPoll::kMost + 1ns);
    CHECK(poll.window() == expected);
  }
}
