#include "support/tcp_proxy.h"

#include "support/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <poll.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace nexus::test {
namespace {

constexpr int kPollPause = 5;  // ms
constexpr int kBacklog = 1024;

}  // namespace

TcpProxy::TcpProxy(std::uint16_t target_port) : target_port_(target_port) {
  listener_ = bind_free_port(port_, SOCK_NONBLOCK);
  if (listen(listener_, kBacklog) != 0) throw std::runtime_error("TCP proxy for tests: cannot listen");
  thread_ = std::thread([this] { serve(); });
}

TcpProxy::~TcpProxy() {
  stopping_ = true;
  thread_.join();
  for (auto& pair : pairs_) end(pair, false);
  close(listener_);
}

void TcpProxy::accept_one() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  ++accepted_;
  Pair pair{client, socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), false, false};
  ++open_;
  if (open_ > most_open_) most_open_ = open_.load();
  const auto address = loopback(target_port_);
  if (refusing_ || connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return end(pair, true);
  }
  const int on = 1;
  for (const int descriptor : {pair.client, pair.server}) {
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  pairs_.push_back(pair);
}

void TcpProxy::end(Pair& pair, bool reset) {
  if (reset) {
    const linger hard{1, 0};
    setsockopt(pair.client, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  }
  close(pair.client);
  close(pair.server);
  --open_;
}

// False where the connection is broken.
bool TcpProxy::pass(int from, int to, bool& ended) const {
  std::array<char, 64 * 1024> buffer;
  const auto got = recv(from, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN;
  if (delay_.load().count() > 0) std::this_thread::sleep_for(delay_.load());
  if (got == 0) {
    ended = true;
    shutdown(to, SHUT_WR);
    return true;
  }
  for (ssize_t sent = 0; sent < got;) {
    const auto put = send(to, buffer.data() + sent, static_cast<std::size_t>(got - sent), MSG_NOSIGNAL);
    if (put <= 0) return false;
    sent += put;
  }
  return true;
}

void TcpProxy::serve() {
  int cuts = 0;
  while (!stopping_) {
    if (cuts != cuts_) {
      cuts = cuts_;
      for (auto& pair : pairs_) end(pair, true);
      pairs_.clear();
    }
    if (frozen_) {
      std::this_thread::sleep_for(std::chrono::milliseconds(kPollPause));
      continue;
    }
    std::vector<pollfd> entries{{listener_, POLLIN, 0}};
    for (const auto& pair : pairs_) {
      entries.push_back({pair.client_ended ? -1 : pair.client, POLLIN, 0});
      entries.push_back({pair.server_ended ? -1 : pair.server, POLLIN, 0});
    }
    poll(entries.data(), entries.size(), kPollPause);
    std::size_t at = 1;
    for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
      bool whole = true;
      if (entries[at].revents != 0) whole = pass(pair->client, pair->server, pair->client_ended);
      if (whole && entries[at + 1].revents != 0) whole = pass(pair->server, pair->client, pair->server_ended);
      if (whole && !(pair->client_ended && pair->server_ended)) {
        ++pair;
        continue;
      }
      end(*pair, !whole);
      pair = pairs_.erase(pair);
    }
    if (entries[0].revents != 0) accept_one();
  }
}

}  // namespace nexus::test
