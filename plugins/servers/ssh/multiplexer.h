// Many operations at once on one libssh2 session, on one loop thread.
//
// libssh2 keeps state of calls that could not finish inside the session, so the order of calls is not free. The rules
// (each was met as a bug): on readiness every operation runs until a pass makes no progress, because one call drains
// packets for all channels; a call that was interrupted while sending must be repeated before any other; opening a
// channel and asking for something on one are done one at a time each.
#pragma once

#include "ssh/socket.h"

#include <boost/asio/io_context.hpp>

#include <libssh2.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace nexus::servers::ssh {

// Only for the thread of its loop. Owns socket and session; both end with shut_down, or with the object.
class Multiplexer : public std::enable_shared_from_this<Multiplexer> {
 public:
  // A call of libssh2: LIBSSH2_ERROR_EAGAIN, or how it ended. Repeated until it ends; must not destroy the multiplexer.
  using Step = std::function<int()>;
  // Runs once, with the step's end; LIBSSH2_ERROR_SOCKET_DISCONNECT where the session broke or was shut down first.
  using Done = std::function<void(int code)>;

  // More than that in the kernel's send buffer, and bulk writes wait (a rekey that meets a half-sent packet breaks the
  // session).
  static constexpr std::size_t kBulkWriteLimit = 128 * 1024;

  // `broken` runs once, from a fresh stack, when the session can no longer be used; not after shut_down.
  static std::shared_ptr<Multiplexer> create(boost::asio::io_context& loop, Socket socket,
                                             std::function<void()> broken);
  virtual ~Multiplexer() = default;

  virtual LIBSSH2_SESSION* raw() const noexcept = 0;
  virtual int descriptor() const noexcept = 0;
  virtual boost::asio::io_context& loop() const noexcept = 0;
  virtual bool usable() const noexcept = 0;

  virtual void run(Step step, Done done) = 0;
  virtual void run_opening(Step step, Done done) = 0;  // of a channel, one at a time
  virtual void run_request(Step step, Done done) = 0;  // one that waits for a reply (exec, shell, pty, subsystem)

  // For steps: whether the EAGAIN that a call just answered was for sending; then the step must return it at once.
  virtual bool blocked_outbound() const noexcept = 0;
  // For steps that write much: false while too much waits in the kernel; the steps run again when that has changed.
  virtual bool may_write_bulk() = 0;
  // Runs all steps again soon: something that a step waits for has changed.
  virtual void kick() = 0;
  // Keeps the first `most` bytes that arrive from now on, until they are taken: for the exchange that is in clear.
  virtual void keep_received(std::size_t most) = 0;
  virtual std::string take_received() = 0;
  // When bytes last arrived.
  virtual Clock::time_point last_heard() const noexcept = 0;
  virtual std::string last_error() const = 0;

  // Cuts the connection without waiting; every operation ends.
  virtual void shut_down() = 0;
};

}  // namespace nexus::servers::ssh
