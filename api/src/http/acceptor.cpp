#include "http/acceptor.h"

#include "http/listening_socket.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <poll.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace nexus::api::http {
namespace {

// Where no descriptor is left the listening socket stays readable: look again after that many milliseconds.
constexpr int kPause = 50;

bool wait(int descriptor, int milliseconds) {
  pollfd wanted{descriptor, POLLIN, 0};
  return ::poll(&wanted, 1, milliseconds) > 0;
}

bool is_passing(int error) {
  // The client's side went wrong, or the network's: accept(2) wants these treated as "try the next".
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN || error == ENOPROTOOPT ||
         error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENETUNREACH;
}

}  // namespace

Acceptor::Acceptor(Descriptor listening, std::shared_ptr<EngineState> state)
    : listening_(std::move(listening)),
      stop_event_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      state_(std::move(state)) {
  if (!stop_event_) throw std::system_error(errno, std::generic_category(), "eventfd");
}

void Acceptor::start(Deliver deliver) {
  deliver_ = std::move(deliver);
  thread_ = std::thread([this] { run(); });
}

void Acceptor::stop() {
  if (thread_.joinable()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_event_.get(), &one, sizeof one);
    thread_.join();
  }
  listening_.reset();
}

void Acceptor::run() {
  for (;;) {
    std::array<pollfd, 2> wanted{pollfd{listening_.get(), POLLIN, 0}, pollfd{stop_event_.get(), POLLIN, 0}};
    if (::poll(wanted.data(), wanted.size(), -1) < 0) continue;
    const bool all_taken = accept_waiting();
    if (wanted[1].revents != 0) return;
    if (!all_taken && wait(stop_event_.get(), kPause)) return;
  }
}

bool Acceptor::accept_waiting() {
  for (;;) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Descriptor socket(
        ::accept4(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (socket) {
      take(std::move(socket), address);
    } else if (!is_passing(errno)) {
      return errno == EAGAIN || errno == EWOULDBLOCK;
    }
  }
}

// Over the limit a client is refused by closing: it learns at once, and the others keep their places.
void Acceptor::take(Descriptor socket, const sockaddr_storage& address) {
  if (state_->open.load() >= state_->limits.connections) return;
  state_->open.fetch_add(1);
  try {
    if (deliver_({std::move(socket), address_text(address)})) {
      state_->accepted.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  } catch (...) {
    // No memory to hand it over: it is closed here.
  }
  state_->connection_closed();
}

}  // namespace nexus::api::http
