// A connected socket.
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

  // Sends acknowledgements at once for now: a handshake is many small packets.
  void acknowledge_quickly() const noexcept;

 private:
  int descriptor_;
};

}  // namespace nexus::servers::ssh
