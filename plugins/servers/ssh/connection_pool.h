// Connections that are kept open, so that a sample costs no log-in.
#pragma once

#include "ssh/backoff.h"
#include "ssh/connector.h"

#include <list>
#include <mutex>

namespace nexus::servers::ssh {

// Thread-safe; a connection is used by one thread at a time, and kept between uses.
class ConnectionPool {
 public:
  // All servers together: each takes a descriptor and about 100 KB here, and a process on the other side.
  static constexpr std::size_t kMaxKept = 256;
  static constexpr std::size_t kMaxKeptPerServer = 2;
  static constexpr std::chrono::seconds kIdleTime{90};

  struct Lease {
    std::unique_ptr<Session> session;
    bool was_kept = false;
  };

  // A kept connection of the same revision, or a new one for which nobody vouches.
  Outcome<Lease> take(const Target& target, const Watch& watch);
  // Always a new connection, for a person who asks for it.
  Outcome<Connection> connect(const Target& target, const Watch& watch);
  // Keeps the session where it is still good and there is room, else ends it.
  void give_back(const Target& target, std::unique_ptr<Session> session);

  // Ends what is idle too long, and on `drop` all that is kept of a server.
  void sweep();
  void drop(std::int64_t server_id);
  void drop_all();

 private:
  struct Kept {
    std::int64_t server_id;
    std::int64_t revision;
    std::unique_ptr<Session> session;
    Clock::time_point since;
  };

  Outcome<Connection> log_in(const Target& target, Trust trust, const Watch& watch);
  template <class Matches>
  void end_where(Matches&& matches);

  Backoff backoff_;
  std::mutex mutex_;
  std::list<Kept> kept_;  // oldest first
};

}  // namespace nexus::servers::ssh
