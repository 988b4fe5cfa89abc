// What commands, shells and SFTP do with a channel alike: open it, start something on it, read it, let it go.
#pragma once

#include "ssh/multiplexer.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nexus::servers::ssh {

// Only for the thread of the loop. Each function's `done` runs once, with 0 or libssh2's code.
class SessionChannel : public std::enable_shared_from_this<SessionChannel> {
 public:
  using Done = std::function<void(int code)>;
  using Sink = std::function<void(std::string_view bytes)>;

  // What one reading step takes at most, so that an endless output leaves others their turn.
  static constexpr std::size_t kShare = 256 * 1024;

  // `window`: bytes that the server may send before they are read.
  SessionChannel(std::shared_ptr<Multiplexer> session, unsigned window) noexcept
      : session_(std::move(session)), window_(window) {}

  const std::shared_ptr<Multiplexer>& session() const noexcept { return session_; }
  LIBSSH2_CHANNEL* raw() const noexcept { return channel_; }

  // What became of it where the connection ended meanwhile.
  Failure dropped() const { return {Stage::exec, Fault::dropped, session_->last_error(), {}}; }

  // LIBSSH2_ERROR_CHANNEL_FAILURE: the server opens no further channel.
  void open(Done done);
  // "exec" with a command, "subsystem" with a name, "shell" without.
  void start(std::string request, std::string message, Done done);
  void request_terminal(std::string term, std::uint32_t cols, std::uint32_t rows, Done done);

  // For steps: reads what there is of a stream (0, or SSH_EXTENDED_DATA_STDERR), at most kShare. 0 where nothing more
  // is there now, LIBSSH2_ERROR_EAGAIN where the step must return at once, or an error.
  int read(int stream, std::size_t limit, const Sink& sink, std::size_t& taken);
  // For steps: whether so much may be written now; where not, the step runs again when that has changed. What was
  // interrupted goes on in any case.
  bool may_write(std::size_t bytes) const;
  // Writes what the server takes now; `written` says how much. Result as of read.
  int write(std::string_view bytes, std::size_t& written);
  bool at_end() const noexcept { return libssh2_channel_eof(channel_) == 1; }

  // After the end of the output: then status and signal are known.
  void wait_closed(Done done);
  std::int64_t exit_status() const noexcept { return libssh2_channel_get_exit_status(channel_); }
  std::string exit_signal() const;
  // Closes it and waits for the server's close, however long that takes: without a terminal, until the process ends.
  void free(Done done);

 private:
  std::shared_ptr<Multiplexer> session_;
  const unsigned window_;
  LIBSSH2_CHANNEL* channel_ = nullptr;
};

}  // namespace nexus::servers::ssh
