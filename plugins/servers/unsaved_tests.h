// Tests of connections to servers that nobody has added: how many there may be, and where no more is guessed.
#pragma once

#include "ssh/backoff.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace nexus::servers {

// Whose test it is, and of which machine.
struct UnsavedAddress {
  std::int64_t user_id = 0;
  std::string host;
  std::int64_t port = 0;
};

// Such a test reaches whatever the panel reaches, so it may not become a scanner or a place to guess passwords.
// Thread-safe. Times are passed in, so that a test need not wait.
class UnsavedTests {
 public:
  // Nobody fills in more forms at once.
  static constexpr std::size_t kMostPerCaller = 2;
  // Half of the engine's threads for what blocks (ssh::Workers): they may all wait for a name server.
  static constexpr std::size_t kMostAtOnce = 8;

  // A place among the tests under way, which is free again when the last reference goes.
  using Place = std::shared_ptr<void>;

  // An id for the engine: below zero, where no server's is, and never given twice.
  std::int64_t new_id() noexcept { return --last_id_; }
  // Fault::busy where too many are under way, Fault::held_back where the machine has refused this caller too often a
  // moment ago.
  ssh::Outcome<Place> enter(const UnsavedAddress& address, ssh::Clock::time_point now);
  // How a test ended that had got as far as to be answered by the machine itself.
  void refused(const UnsavedAddress& address, ssh::Clock::time_point now);
  void succeeded(const UnsavedAddress& address);

 private:
  struct UnderWay {
    std::mutex mutex;
    std::map<std::int64_t, std::size_t> by_caller;
    std::size_t all = 0;
  };

  std::atomic<std::int64_t> last_id_{0};
  std::shared_ptr<UnderWay> under_way_ = std::make_shared<UnderWay>();  // places may outlive this
  ssh::Backoff refusals_;
};

}  // namespace nexus::servers
