#include "ssh/socket.h"

#include "ssh/resolve.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace nexus::servers::ssh {
namespace {

std::string system_text(int error) { return std::system_category().message(error); }

Failure connect_failure(int error) {
  const auto fault = error == ECONNREFUSED ? Fault::refused
                     : error == ETIMEDOUT  ? Fault::timed_out
                                           : Fault::unreachable;
  return {Stage::connect, fault, system_text(error), {}};
}

Outcome<Socket> connect_address(const addrinfo& address, const Watch& watch) {
  Socket socket(::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.descriptor() < 0) return connect_failure(errno);
  const int on = 1;
  setsockopt(socket.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket.descriptor(), address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return connect_failure(errno);
  NEXUS_TRY(socket.wait(POLLOUT, Stage::connect, watch));
  int error = 0;
  socklen_t size = sizeof error;
  getsockopt(socket.descriptor(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return connect_failure(error);
  socket.acknowledge_quickly();
  return socket;
}

}  // namespace

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

Outcome<void> Socket::wait(short events, Stage stage, const Watch& watch) const {
  for (;;) {
    if (const auto over = watch.over(stage)) return *over;
    pollfd entry{descriptor_, events, 0};
    const int ready = ::poll(&entry, 1, static_cast<int>(watch.slice().count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return Failure{stage, Fault::dropped, system_text(errno), {}};
  }
}

bool Socket::open_at_peer() const noexcept {
  // Said also where unread data stands before the end.
  pollfd entry{descriptor_, POLLRDHUP, 0};
  return descriptor_ >= 0 && ::poll(&entry, 1, 0) == 0;
}

void Socket::acknowledge_quickly() const noexcept {
  const int on = 1;
  setsockopt(descriptor_, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

Outcome<Socket> connect_to(const std::string& host, std::uint16_t port, const Watch& whole) {
  auto addresses = resolve(host, port, whole);
  if (!addresses.ok()) return std::move(addresses).error();
  int left = 0;
  for (const addrinfo* at = addresses.value().get(); at != nullptr; at = at->ai_next) ++left;
  const auto end = Clock::now() + kConnectTimeout;
  Failure last{Stage::connect, Fault::unreachable, "no address", {}};
  for (const addrinfo* at = addresses.value().get(); at != nullptr; at = at->ai_next, --left) {
    // What is left of the time is shared, so that a silent first address does not use up that of the next.
    const auto share = std::chrono::ceil<milliseconds>(end - Clock::now()) / left;
    auto socket = connect_address(*at, whole.within(share));
    if (socket.ok()) return socket;
    last = std::move(socket).error();
    if (last.fault == Fault::cancelled) break;
  }
  return last;
}

}  // namespace nexus::servers::ssh
