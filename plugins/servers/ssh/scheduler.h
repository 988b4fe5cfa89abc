// Which work gets the next channel of a connection, and how many channels there are.
#pragma once

#include "ssh/engine.h"
#include "ssh/work.h"

#include <array>
#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <vector>

namespace nexus::servers::ssh {

// What work needs to begin.
enum class Need : std::uint8_t {
  channel,
  reader,  // the connection's SFTP reader
  tunnel,  // a channel that MaxSessions does not count
};

// Work that waits, by priority and then in order of arrival. Not thread-safe.
class Scheduler {
 public:
  struct Entry {
    std::shared_ptr<Work> work;
    Priority priority = Priority::task;
    Clock::time_point deadline = Clock::time_point::max();
    Need need = Need::channel;
    // Since when the server has refused it a channel although no other was open.
    std::optional<Clock::time_point> refused_since{};
    std::uint64_t arrival = 0;  // the scheduler's
  };

  void add(Entry entry);
  // Back to where it was in its own priority: it has had its turn already.
  void put_back(Entry entry);

  std::size_t size() const noexcept;
  bool empty() const noexcept { return size() == 0; }
  bool waits_for(Need need) const noexcept;

  // The next of all but tunnels; nullptr where there is none. Until the next change.
  const Entry* first() const noexcept;
  // The next that needs this; nullopt where there is none.
  std::optional<Entry> take_next(Need need);
  std::optional<Entry> take(const Work* work);
  std::vector<Entry> take_expired(Clock::time_point now);
  std::vector<Entry> take_all();
  // max() where nothing has one.
  Clock::time_point first_deadline() const noexcept;

 private:
  template <class Matches>
  std::vector<Entry> take_where(const Matches& matches);

  // By Priority, each by arrival. Lists, because an idle connection has many empty ones, and an empty deque takes
  // memory.
  std::array<std::list<Entry>, 3> queues_;
  std::uint64_t arrivals_ = 0;
};

// The server's MaxSessions, learned from refusals.
class ChannelBudget {
 public:
  // What OpenSSH allows unless told otherwise.
  static constexpr std::size_t kDefault = 10;
  // A server counts channels that it is about to close, so that a refusal may have shown too few. Now and then one more
  // is tried: another refusal costs a round trip.
  static constexpr std::chrono::seconds kRelearn{60};

  std::size_t limit() const noexcept { return limit_; }
  // `open` channels are there; zombies count.
  bool has_room(std::size_t open, Clock::time_point now) const noexcept;
  // One more was refused while `others` were open.
  void refused(std::size_t others, Clock::time_point now) noexcept;

 private:
  std::size_t limit_ = kDefault;
  Clock::time_point learned_{};
};

}  // namespace nexus::servers::ssh
