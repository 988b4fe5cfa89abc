#include "ssh/socket.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <unistd.h>

namespace nexus::servers::ssh {

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void Socket::shut_down() noexcept {
  if (descriptor_ >= 0) ::shutdown(descriptor_, SHUT_RDWR);
}

void Socket::close() noexcept {
  if (descriptor_ < 0) return;
  shut_down();
  ::close(std::exchange(descriptor_, -1));
}

void Socket::acknowledge_quickly() const noexcept {
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

}  // namespace nexus::servers::ssh
