// A stream of bytes to and from a server, with flow control in both directions: a shell, or a file.
#pragma once

#include "ssh/outcome.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::servers::ssh {

struct ShellOptions {
  std::string term = "xterm-256color";
  std::uint32_t cols = 80;
  std::uint32_t rows = 24;
};

struct Opened {
  std::uint64_t size = 0;  // of a file that is read
  std::uint32_t mode = 0;
};

// What is remote calls these on a loop thread, one at a time; none may block or throw. Kept until closed() returned.
class ChannelEvents {
 public:
  virtual ~ChannelEvents() = default;
  virtual void opened(const Opened& opened) = 0;
  // Counts against the window until Channel::consumed. stdout and stderr of a shell come together, as on its terminal.
  virtual void data(std::string_view bytes) = 0;
  // After a write that was not taken: there is room again.
  virtual void writable() = 0;
  // How the shell ended; `signal` without "SIG", empty where it ended by itself.
  virtual void exited(std::int64_t status, std::string_view signal) = 0;
  // Once, and nothing comes after it. Null: an ordinary end.
  virtual void closed(const Failure* failure) = 0;
};

// Thread-safe; every function returns at once. Destroying the last reference closes it.
class Channel {
 public:
  // Bytes that may wait to be written, and bytes of output that nobody consumed before the remote side has to wait.
  static constexpr std::size_t kWindow = 256 * 1024;

  virtual ~Channel() = default;
  // False: kWindow bytes wait already and nothing was taken; writable() comes.
  virtual bool write(std::string_view bytes) = 0;
  virtual void consumed(std::size_t bytes) = 0;
  virtual void resize(std::uint32_t cols, std::uint32_t rows) = 0;
  virtual void send_eof() = 0;
  // closed() runs, with Fault::cancelled unless it has ended before.
  virtual void close() = 0;
};

}  // namespace nexus::servers::ssh
