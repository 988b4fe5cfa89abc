// How long a server that failed is left alone.
#include "ssh/backoff.h"

#include <doctest/doctest.h>

using namespace nexus::servers::ssh;
using std::chrono::seconds;

namespace {

const Failure kRefused{Stage::auth, Fault::credentials_refused, "", {}};
const Failure kSilent{Stage::connect, Fault::timed_out, "", {}};

}  // namespace

TEST_CASE("refused credentials are tried at most ten times in ten minutes") {
  Backoff backoff;
  const auto start = Clock::now();
  int attempts = 0;
  for (seconds passed{0}; passed < seconds(600); passed += seconds(1)) {
    if (const auto held = backoff.check(1, 1, start + passed)) {
      CHECK(held->fault == Fault::held_back);
      continue;
    }
    ++attempts;
    backoff.failed(1, 1, kRefused, start + passed);
  }
  CHECK(attempts <= 10);
  CHECK(attempts >= 3);
}

TEST_CASE("a person may try a few times at once, and not more than ten times in ten minutes") {
  Backoff backoff;
  const auto start = Clock::now();
  int at_once = 0;
  int attempts = 0;
  for (seconds passed{0}; passed < seconds(600); passed += seconds(1)) {
    if (backoff.check_person(1, 1, start + passed)) continue;
    ++attempts;
    if (passed < seconds(10)) ++at_once;
    backoff.failed(1, 1, kRefused, start + passed);
  }
  CHECK(at_once == Backoff::kPersonsTries);
  CHECK(attempts <= 10);
  CHECK_FALSE(backoff.check_person(1, 2, start).has_value());  // other credentials
}

TEST_CASE("new credentials are tried at once, and so is another server") {
  Backoff backoff;
  const auto now = Clock::now();
  backoff.failed(1, 1, kRefused, now);
  CHECK(backoff.check(1, 1, now).has_value());
  CHECK_FALSE(backoff.check(1, 2, now).has_value());
  CHECK_FALSE(backoff.check(2, 1, now).has_value());
}

TEST_CASE("a silent server is left alone for a few seconds, and its own failure is told meanwhile") {
  Backoff backoff;
  const auto now = Clock::now();
  backoff.failed(1, 1, kSilent, now);
  REQUIRE(backoff.check(1, 1, now + seconds(1)).has_value());
  CHECK(backoff.check(1, 1, now + seconds(1))->fault == Fault::timed_out);
  CHECK_FALSE(backoff.check(1, 1, now + Backoff::kConnectPause).has_value());
}

TEST_CASE("success clears the slate, and host keys never hold anybody back") {
  Backoff backoff;
  const auto now = Clock::now();
  backoff.failed(1, 1, kRefused, now);
  backoff.succeeded(1);
  CHECK_FALSE(backoff.check(1, 1, now).has_value());
  backoff.failed(1, 1, {Stage::host_key, Fault::host_key_changed, "", {}}, now);
  CHECK_FALSE(backoff.check(1, 1, now).has_value());
}
