// What waits for a channel of a connection, and then uses it.
#pragma once

#include "ssh/multiplexer.h"
#include "ssh/outcome.h"

#include <functional>
#include <memory>

namespace nexus::servers::ssh {

class SftpReader;

// Only for the connection's loop thread. A connection calls `begin` at most once for each slot it gives, or `fail`
// once; the work sees to it that its caller hears exactly once.
class Work : public std::enable_shared_from_this<Work> {
 public:
  // How the use of a slot ended.
  enum class End {
    done,     // the channel is closed on both sides, or was never opened
    refused,  // the server opened no further channel: the work has not begun and wants another slot
    zombie,   // the caller has been told, but the channel is still there: release comes again, with done
  };
  using Release = std::function<void(End)>;

  virtual ~Work() = default;
  // Opens its channel and works; never throws. `release` is called from a later turn or from within.
  virtual void begin(const std::shared_ptr<Multiplexer>& session, Release release) = 0;
  // There will be no slot: tells the caller.
  virtual void fail(const Failure& failure) = 0;
  // The caller gave up, or its time is over. Before begin: as fail. After it: the work ends as soon as it can.
  virtual void cancel(const Failure& why) = 0;
  // Whether time may still end it: false for what lasts once it has begun, a shell for example.
  virtual bool ends_at_deadline() const { return true; }
};

}  // namespace nexus::servers::ssh
