#include "rate_limiter.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <random>
#include <thread>

using namespace nexus::api;
using namespace std::chrono_literals;

namespace {

RateLimiter::Key key_of(std::uint64_t number) {
  RateLimiter::Key key{};
  std::memcpy(key.data(), &number, sizeof(number));
  return key;
}

}  // namespace

TEST_CASE("of 200 parallel requests exactly 100 pass") {
  RateLimiter limiter;
  std::atomic<int> passed{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      for (int request = 0; request < 25; ++request)
        passed += limiter.take(key_of(1), 100, Clock::now()).allowed ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(passed == 100);
}

TEST_CASE("never more than the limit in any 60 seconds, and nobody waits longer than told") {
  RateLimiter limiter;
  std::mt19937 random(42);
  auto now = Clock::now();
  std::deque<Clock::time_point> accepted;
  for (int request = 0; request < 20'000; ++request) {
    now += std::chrono::milliseconds(random() % (request % 500 < 250 ? 100 : 3000));
    const auto decision = limiter.take(key_of(1), 10, now);
    while (!accepted.empty() && accepted.front() <= now - 60s) accepted.pop_front();
    if (decision.allowed) accepted.push_back(now);
    REQUIRE(accepted.size() <= 10);
    REQUIRE(decision.reset_seconds >= 1);
    REQUIRE(decision.reset_seconds <= 61);
  }
}

TEST_CASE("the answer's figures: remaining falls to zero, and Retry-After is enough") {
  RateLimiter limiter;
  const auto now = Clock::now();
  for (std::uint32_t left = 3; left-- > 0;) {
    const auto decision = limiter.take(key_of(1), 3, now);
    CHECK(decision.allowed);
    CHECK(decision.limit == 3);
    CHECK(decision.remaining == left);
  }
  const auto refused = limiter.take(key_of(1), 3, now);
  CHECK_FALSE(refused.allowed);
  CHECK(refused.remaining == 0);
  CHECK_FALSE(limiter.take(key_of(1), 3, now + 59s + 999ms).allowed);
  CHECK(limiter.take(key_of(1), 3, now + std::chrono::seconds(refused.reset_seconds)).allowed);
}

TEST_CASE("keys do not share, and 0 is unlimited") {
  RateLimiter limiter;
  const auto now = Clock::now();
  CHECK(limiter.take(key_of(1), 1, now).allowed);
  CHECK_FALSE(limiter.take(key_of(1), 1, now).allowed);
  CHECK(limiter.take(key_of(2), 1, now).allowed);
  CHECK(limiter.take(key_of(1), 0, now).allowed);
}

TEST_CASE("memory is bounded, and who is near the limit is not forgotten for newcomers") {
  RateLimiter limiter;
  const auto now = Clock::now();
  for (int request = 0; request < 10; ++request) limiter.take(key_of(1), 10, now);
  for (std::uint64_t source = 2; source < 2 * RateLimiter::kMaxKeys; ++source) limiter.take(key_of(source), 10, now);
  CHECK(limiter.keys() <= RateLimiter::kMaxKeys);
  CHECK_FALSE(limiter.take(key_of(1), 10, now).allowed);
  // Also where it came last, and stands among those that may have to go.
  constexpr std::uint64_t kBusy = 1ULL << 60;
  for (std::uint64_t busy = kBusy; busy < kBusy + 6; ++busy) {
    for (int request = 0; request < 10; ++request) limiter.take(key_of(busy), 10, now);
  }
  for (std::uint64_t source = 1; source < 1000; ++source) limiter.take(key_of(source << 40), 10, now);
  for (std::uint64_t busy = kBusy; busy < kBusy + 6; ++busy) CHECK_FALSE(limiter.take(key_of(busy), 10, now).allowed);
  // What is over is swept away.
  for (std::uint64_t source = 1; source < 2 * RateLimiter::kMaxKeys; ++source) {
    limiter.take(key_of(source << 32), 10, now + 5min);
  }
  CHECK(limiter.keys() <= RateLimiter::kMaxKeys);
}
