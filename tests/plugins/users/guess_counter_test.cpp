// When a counter closes, for how long, and what that allows in an hour.
#include "guess_counter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <deque>
#include <vector>

using namespace nexus::users;

namespace {

constexpr std::int64_t kSecond = 1'000'000, kMinute = 60 * kSecond, kHour = 60 * kMinute;

GuessCounter after_group(GuessCounter counter, std::int64_t now_us) {
  for (int i = 0; i < kFailures; ++i) counter = after_failure(counter, now_us);
  return counter;
}

// The most failures in any hour, for one who tries each second while the counter is open and waits as `pause` says.
template <class Pause>
std::size_t most_in_an_hour(Pause pause) {
  GuessCounter counter;
  std::deque<std::int64_t> recent;
  std::size_t most = 0;
  for (std::int64_t now = 100 * kHour; now < 400 * kHour; now += kSecond) {
    if (!counter.is_open(now) || pause(now, counter)) continue;
    counter = after_failure(counter, now);
    recent.push_back(now);
    while (recent.front() <= now - kHour) recent.pop_front();
    most = std::max(most, recent.size());
  }
  return most;
}

}  // namespace

TEST_CASE("the fifth failure closes for a quarter of an hour, and not the fourth") {
  GuessCounter counter;
  const std::int64_t now = kHour;
  for (int i = 1; i < kFailures; ++i) counter = after_failure(counter, now + i);
  CHECK(counter.is_open(now + 4));
  counter = after_failure(counter, now + 5);
  CHECK_FALSE(counter.is_open(now + 5));
  CHECK_FALSE(counter.is_open(now + 5 + 15 * kMinute - 1));
  CHECK(counter.is_open(now + 5 + 15 * kMinute));
}

TEST_CASE("each further closing doubles, up to a day") {
  GuessCounter counter;
  std::int64_t now = 1000 * kHour;
  std::vector<std::int64_t> minutes;
  for (int i = 0; i < 7; ++i) {
    counter = after_group(counter, now);
    minutes.push_back((counter.closed_until_us - now) / kMinute);
    now = counter.closed_until_us;
  }
  CHECK(minutes == std::vector<std::int64_t>{15, 30, 60, 120, 240, 480, 960});
  counter = after_group(counter, now);
  CHECK(counter.closed_until_us - now == 24 * kHour);
}

TEST_CASE("a day without a failure makes a counter as new, and a minute less does not") {
  const std::int64_t now = 1000 * kHour;
  const auto closed = after_group(after_group({}, now), now + kHour);
  CHECK(closed.closings == 2);
  CHECK(after_failure(closed, now + kHour + kDecayUs) == GuessCounter{1, 0, 0, now + kHour + kDecayUs});
  CHECK(after_failure(closed, now + kHour + kDecayUs - kMinute).closings == 2);
  GuessCounter four;
  for (int i = 1; i < kFailures; ++i) four = after_failure(four, now);
  CHECK(after_failure(four, now + kDecayUs).is_open(now + kDecayUs));
}

TEST_CASE("whoever guesses has at most fifteen failures in an hour of one counter, a hundred in all of an account's") {
  CHECK(most_in_an_hour([](std::int64_t, const GuessCounter&) { return false; }) == 15);
  // who waits for decay, or stops one short of each closing for as long as it takes
  CHECK(most_in_an_hour([](std::int64_t now, const GuessCounter& counter) {
          return counter.failures == kFailures - 1 && now - counter.last_failure_us < kDecayUs;
        }) <= 15);
  CHECK(most_in_an_hour([](std::int64_t now, const GuessCounter&) { return now / kHour % 26 != 0; }) <= 15);
  CHECK(15 * (1 + kMaxKnownNetworks) <= 100);
}

TEST_CASE("a clock that goes back neither opens nor decays") {
  const std::int64_t now = 1000 * kHour;
  const auto closed = after_group({}, now);
  CHECK_FALSE(closed.is_open(now - kHour));
  CHECK(after_failure(after_failure({}, now), now - kHour).failures == 2);
}
