#include "support/loopback.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <unistd.h>

#include <random>

namespace nexus::test {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

int bind_free_port(std::uint16_t& port, int flags) {
  static std::mt19937_64 source{std::random_device{}()};
  std::uniform_int_distribution<unsigned> any(20000, 31999);
  for (;;) {
    port = static_cast<std::uint16_t>(any(source));
    const int bound = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    const auto address = loopback(port);
    if (bind(bound, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return bound;
    close(bound);
  }
}

}  // namespace nexus::test
