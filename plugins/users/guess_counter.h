// When an account is closed to somebody who guesses. Pure functions.
//
// Why an account takes at most 100 wrong passwords an hour. Failures are counted only while a counter is open, so they
// come in groups of kFailures with the counter closed between one group and the next, for 15, 30, 60, ... minutes. Four
// groups span at least 15 + 30 + 60 = 105 minutes, so an hour touches at most three groups of one counter: 15 failures.
// (Decay does not help: it takes 24 hours without a failure, and between two groups that are further apart than an hour
// an hour touches one.) An account has one counter for all addresses that are not known and one for each of at most
// kMaxKnownNetworks known ones: 6 * 15 = 90. A counter starts anew only by a log-in or by the operator's hand, and
// whoever can log in need not guess.
#pragma once

#include <cstdint>

namespace nexus::users {

inline constexpr std::int64_t kFailures = 5;
inline constexpr std::int64_t kFirstClosingUs = 15 * 60 * std::int64_t{1'000'000};
inline constexpr std::int64_t kLongestClosingUs = 24 * 3600 * std::int64_t{1'000'000};
// Without a failure for so long, a counter is as new.
inline constexpr std::int64_t kDecayUs = 24 * 3600 * std::int64_t{1'000'000};

// An address stays known so long after its last log-in.
inline constexpr std::int64_t kKnownUs = 30 * 24 * 3600 * std::int64_t{1'000'000};
// Home, work, telephone and two more; the last used are kept. Each adds 15 failures to the hour.
inline constexpr std::int64_t kMaxKnownNetworks = 5;

struct GuessCounter {
  std::int64_t failures = 0;  // since it was last closed
  std::int64_t closings = 0;  // in a row
  std::int64_t closed_until_us = 0;
  std::int64_t last_failure_us = 0;

  bool is_open(std::int64_t now_us) const noexcept { return now_us >= closed_until_us; }
  bool operator==(const GuessCounter&) const = default;
};

// `counter` is open.
GuessCounter after_failure(const GuessCounter& counter, std::int64_t now_us) noexcept;

}  // namespace nexus::users
