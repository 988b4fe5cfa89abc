// A connected TCP socket, made within deadlines.
#pragma once

#include "ssh/watch.h"

#include <cstdint>
#include <string>
#include <utility>

namespace nexus::servers::ssh {

// Owns a descriptor. Closing shuts the connection down first, so that nothing waits for the other side.
class Socket {
 public:
  explicit Socket(int descriptor = -1) noexcept : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;
  ~Socket() { close(); }

  int descriptor() const noexcept { return descriptor_; }
  void shut_down() noexcept;
  void close() noexcept;

  // Waits until one of `events` (POLLIN, POLLOUT) is there.
  Outcome<void> wait(short events, Stage stage, const Watch& watch) const;
  // False where the other side has closed the connection.
  bool open_at_peer() const noexcept;
  // Sends acknowledgements at once for now: a handshake is many small packets.
  void acknowledge_quickly() const noexcept;

 private:
  int descriptor_;
};

// Resolves `host` (a name, or an IPv4 or IPv6 address) and tries its addresses in turn. The result is non-blocking.
Outcome<Socket> connect_to(const std::string& host, std::uint16_t port, const Watch& watch);

}  // namespace nexus::servers::ssh
