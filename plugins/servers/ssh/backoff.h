// Which servers are left alone for a while, because asking them failed a moment ago.
#pragma once

#include "ssh/outcome.h"
#include "ssh/watch.h"

#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace nexus::servers::ssh {

// Refused credentials are not tried again and again: servers ban who does. Thread-safe. Times are passed in, so that a
// test need not wait.
class Backoff {
 public:
  // After a failure to connect: long enough that callers do not queue up behind a silent server.
  static constexpr std::chrono::seconds kConnectPause{5};
  // After refused credentials, doubling: about five attempts in ten minutes.
  static constexpr std::chrono::seconds kFirstAuthPause{30};
  static constexpr std::chrono::seconds kLastAuthPause{600};
  // A person who tries credentials is held back only after so many refusals: with the pauses above that is still less
  // than ten attempts in ten minutes.
  static constexpr int kPersonsTries = 5;
  // Servers that are remembered; the rest is forgotten at once, which costs an attempt.
  static constexpr std::size_t kMaxEntries = 10'000;

  // The failure to answer instead of an attempt. A new revision (another address or credentials) has a clean slate.
  std::optional<Failure> check(std::int64_t server_id, std::int64_t revision, Clock::time_point now);
  // The same for a connection that somebody asked for in person.
  std::optional<Failure> check_person(std::int64_t server_id, std::int64_t revision, Clock::time_point now);
  void failed(std::int64_t server_id, std::int64_t revision, const Failure& failure, Clock::time_point now);
  void succeeded(std::int64_t server_id);

 private:
  struct Entry {
    std::int64_t revision = 0;
    Failure failure;
    int refusals = 0;
    Clock::time_point until;
  };

  std::mutex mutex_;
  std::unordered_map<std::int64_t, Entry> entries_;
};

// The pauses of one connection between its attempts: each about twice the one before, and never the same for two
// connections that were lost together. Not thread-safe.
class Pauses {
 public:
  Pauses(milliseconds first, milliseconds last) noexcept : first_(first), last_(last), base_(first) {}

  // Between half and all of the current pause; the next is twice as long.
  milliseconds next();
  void reset() noexcept { base_ = first_; }

 private:
  milliseconds first_;
  milliseconds last_;
  milliseconds base_;
};

}  // namespace nexus::servers::ssh
