#include "http/listening_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <netdb.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

namespace nexus::api::http {
namespace {

// Connections that wait for the accept loop; the kernel caps it at net.core.somaxconn.
constexpr int kBacklog = 4096;

Error failure(const std::string& host, std::uint16_t port, int error) {
  const Status status = error == EADDRINUSE                 ? Status::conflict
                        : error == EACCES || error == EPERM ? Status::denied
                        : error == EADDRNOTAVAIL            ? Status::invalid
                                                            : Status::unavailable;
  return Error(status, "cannot listen on " + host + " port " + std::to_string(port) + ": " +
                           std::generic_category().message(error));
}

Descriptor try_address(const addrinfo& address) {
  Descriptor socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return socket;
  const int on = 1;
  const int off = 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ai_family == AF_INET6) ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(socket.get(), address.ai_addr, address.ai_addrlen) != 0 || ::listen(socket.get(), kBacklog) != 0) {
    const int error = errno;
    socket.reset();
    errno = error;
  }
  return socket;
}

}  // namespace

Result<Descriptor> listen_on(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); error != 0)
    return Error(Status::invalid, "cannot listen on " + host + ": " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  int first_error = 0;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    if (Descriptor socket = try_address(*address)) return socket;
    if (first_error == 0) first_error = errno;
  }
  return failure(host, port, first_error);
}

std::uint16_t local_port(const Descriptor& socket) noexcept {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

std::string address_text(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(), text.size());
  } else if (address.ss_family == AF_INET6) {
    const in6_addr& six = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    const bool mapped = IN6_IS_ADDR_V4MAPPED(&six);
    ::inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? &six.s6_addr[12] : &six.s6_addr[0], text.data(), text.size());
  }
  return text.data();
}

}  // namespace nexus::api::http
