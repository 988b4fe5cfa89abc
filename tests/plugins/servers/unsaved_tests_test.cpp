// How many connections may be tried at once, and where no more is guessed.
#include "unsaved_tests.h"

#include <doctest/doctest.h>

#include <vector>

using namespace nexus::servers;
using std::chrono::seconds;

namespace {

const UnsavedAddress kAddress{7, "host", 22};

std::string_view outcome_of(const ssh::Outcome<UnsavedTests::Place>& entered) {
  return entered.ok() ? "entered" : to_string(entered.error().fault);
}

}  // namespace

TEST_CASE("a caller has a few tests under way, and all callers not many more; who leaves makes room") {
  UnsavedTests tests;
  const auto now = ssh::Clock::now();
  std::vector<UnsavedTests::Place> places;
  for (std::size_t i = 0; i < UnsavedTests::kMostAtOnce; ++i) {
    const auto user = static_cast<std::int64_t>(i / UnsavedTests::kMostPerCaller);
    auto place = tests.enter({user, "host", 22}, now);
    REQUIRE(place.ok());
    places.push_back(place.value());
    if (i + 1 == UnsavedTests::kMostPerCaller) CHECK(outcome_of(tests.enter({user, "other", 23}, now)) == "busy");
  }
  CHECK(outcome_of(tests.enter({100, "host", 22}, now)) == "busy");
  places.pop_back();
  CHECK(outcome_of(tests.enter({100, "host", 22}, now)) == "entered");
  places.clear();
  CHECK(outcome_of(tests.enter({0, "host", 22}, now)) == "entered");
}

TEST_CASE("a place may be left when its tests are gone") {
  auto tests = std::make_unique<UnsavedTests>();
  const auto place = tests->enter(kAddress, ssh::Clock::now());
  REQUIRE(place.ok());
  tests = nullptr;
}

TEST_CASE("a machine that has refused a caller five times is left alone by him, whatever account he tries") {
  UnsavedTests tests;
  const auto now = ssh::Clock::now();
  for (int i = 0; i < ssh::Backoff::kPersonsTries; ++i) {
    CHECK(outcome_of(tests.enter(kAddress, now)) == "entered");
    tests.refused(kAddress, now);
  }
  CHECK(outcome_of(tests.enter(kAddress, now)) == "held_back");
  CHECK(outcome_of(tests.enter({7, "HOST", 22}, now)) == "held_back");
  CHECK(outcome_of(tests.enter({8, "host", 22}, now)) == "entered");
  CHECK(outcome_of(tests.enter({7, "host", 23}, now)) == "entered");
  CHECK(outcome_of(tests.enter(kAddress, now + ssh::Backoff::kLastAuthPause + seconds(1))) == "entered");
  tests.succeeded(kAddress);
  CHECK(outcome_of(tests.enter(kAddress, now)) == "entered");
}

TEST_CASE("ids of tests are below zero and differ") {
  UnsavedTests tests;
  const auto first = tests.new_id();
  CHECK(first < 0);
  CHECK(tests.new_id() < 0);
  CHECK(tests.new_id() != first);
}
