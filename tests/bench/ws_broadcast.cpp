// Clients of a WebSocket room: the first says a burst of messages, each of them hears all, and then the next burst
// follows. Prints how many messages were delivered a second, every byte of them checked.
//
//   nexus_bench_ws_broadcast PORT PATH CLIENTS BURST SECONDS      a server on 127.0.0.1
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kPayload = 256;
constexpr int kMostSilence = 10'000;  // milliseconds without a byte from anybody
constexpr std::chrono::seconds kWarmUp{1};

// A final text frame. From a client it is masked, here with zeros, which change nothing.
std::string frame(bool is_masked) {
  const std::string header{'\x81', static_cast<char>(is_masked ? 0x80 | 126 : 126), kPayload >> 8, kPayload & 0xFF};
  return header + std::string(is_masked ? 4 : 0, '\0') + std::string(kPayload, 'x');
}

class Client {
 public:
  Client(std::uint16_t port, const std::string& path) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("the server cannot be reached");
    }
    send("GET " + path +
         " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    std::string answer;
    for (char byte = 0; !answer.ends_with("\r\n\r\n"); answer += byte) {
      if (::recv(socket_, &byte, 1, 0) != 1) throw std::runtime_error("the upgrade was not answered");
    }
    if (!answer.starts_with("HTTP/1.1 101")) throw std::runtime_error(answer);
  }
  Client(Client&& other) noexcept : socket_(std::exchange(other.socket_, -1)), at_(other.at_) {}
  Client& operator=(Client&&) = delete;
  ~Client() { ::close(socket_); }

  int socket() const noexcept { return socket_; }
  void send(std::string_view bytes) const {
    if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("the server does not read");
    }
  }

  // Reads what is there; answers how many messages ended in it.
  std::size_t hear() {
    static std::array<char, 64 * 1024> room;
    const ssize_t size = ::recv(socket_, room.data(), room.size(), MSG_DONTWAIT);
    if (size <= 0) throw std::runtime_error("the server hung up");
    std::size_t messages = 0;
    for (std::string_view bytes(room.data(), static_cast<std::size_t>(size)); !bytes.empty();) {
      messages += follow(bytes);
    }
    return messages;
  }

 private:
  // One frame, or what has come of it; answers whether it is whole.
  bool follow(std::string_view& bytes) {
    static const std::string expected = frame(false);
    const auto part = bytes.substr(0, expected.size() - at_);
    if (std::memcmp(part.data(), expected.data() + at_, part.size()) != 0) throw std::runtime_error("another message");
    bytes.remove_prefix(part.size());
    at_ = (at_ + part.size()) % expected.size();
    return at_ == 0;
  }

  int socket_;
  std::size_t at_ = 0;  // bytes of the next frame that came
};

class Room {
 public:
  Room(std::uint16_t port, const std::string& path, std::size_t clients) : epoll_(::epoll_create1(0)) {
    for (std::size_t number = 0; number < clients; ++number) {
      epoll_event event{EPOLLIN, {}};
      event.data.u64 = number;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_.emplace_back(port, path).socket(), &event);
    }
  }
  Room(const Room&) = delete;
  Room& operator=(const Room&) = delete;
  ~Room() { ::close(epoll_); }

  // Says bursts until the time is over; answers the messages that were delivered a second.
  double run(std::size_t burst, Clock::duration time) {
    std::string said;
    for (std::size_t number = 0; number < burst; ++number) said += frame(true);
    std::size_t delivered = 0;
    const auto start = Clock::now();
    auto now = start;
    for (; now < start + time; now = Clock::now()) {
      clients_.front().send(said);
      delivered += hear(burst * clients_.size());
    }
    return static_cast<double>(delivered) / std::chrono::duration<double>(now - start).count();
  }

 private:
  // Until so many messages came, and not one more.
  std::size_t hear(std::size_t expected) {
    std::size_t heard = 0;
    std::array<epoll_event, 512> events;
    while (heard < expected) {
      const int count = ::epoll_wait(epoll_, events.data(), events.size(), kMostSilence);
      if (count <= 0) throw std::runtime_error("messages are missing");
      for (int at = 0; at < count; ++at) heard += clients_[events[static_cast<std::size_t>(at)].data.u64].hear();
    }
    if (heard > expected) throw std::runtime_error("messages came twice");
    return heard;
  }

  int epoll_;
  std::vector<Client> clients_;
};

}  // namespace

int main(int count, char** words) {
  if (count != 6) return std::fputs("usage: PORT PATH CLIENTS BURST SECONDS\n", stderr), 2;
  try {
    Room room(static_cast<std::uint16_t>(std::atoi(words[1])), words[2], std::strtoul(words[3], nullptr, 10));
    const auto burst = std::strtoul(words[4], nullptr, 10);
    room.run(burst, kWarmUp);
    std::printf("{\"rate\": %.0f}\n", room.run(burst, std::chrono::seconds(std::atoi(words[5]))));
  } catch (const std::exception& error) {
    return std::fprintf(stderr, "%s\n", error.what()), 1;
  }
}
