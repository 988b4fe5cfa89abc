#include "support/raw_client.h"

#include <sys/socket.h>

#include <netdb.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace nexus::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

int milliseconds_until(SteadyClock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - SteadyClock::now()).count();
  return static_cast<int>(std::max<long>(left, 0));
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

}  // namespace

std::string RawAnswer::field(std::string_view name) const {
  const std::string wanted = "\r\n" + lower(name) + ":";
  const std::size_t at = lower(header).find(wanted);
  if (at == std::string::npos) return {};
  const std::size_t begin = header.find_first_not_of(' ', at + wanted.size());
  return header.substr(begin, header.find("\r\n", begin) - begin);
}

RawClient::RawClient(std::uint16_t port, const char* host, int receive_buffer) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host, std::to_string(port).c_str(), &hints, &found) != 0) throw std::runtime_error("bad address");
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
  socket_ = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer != 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (socket_ < 0 || ::connect(socket_, found->ai_addr, found->ai_addrlen) != 0) {
    const int error = errno;
    close();
    throw std::runtime_error(std::string("connect: ") + std::strerror(error));
  }
}

bool RawClient::send(std::string_view bytes) {
  const auto until = SteadyClock::now() + kPatience;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) return false;
    pollfd wanted{socket_, POLLOUT, 0};
    if (::poll(&wanted, 1, milliseconds_until(until)) == 0) return false;
  }
  return true;
}

void RawClient::shut_writing() { ::shutdown(socket_, SHUT_WR); }

void RawClient::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void RawClient::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

RawClient::Read RawClient::read_some(SteadyClock::time_point until) {
  std::array<char, 16 * 1024> bytes;
  for (;;) {
    pollfd wanted{socket_, POLLIN, 0};
    const int ready = ::poll(&wanted, 1, milliseconds_until(until));
    if (ready == 0) return Read::late;
    const ssize_t size = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (size > 0) {
      received_.append(bytes.data(), static_cast<std::size_t>(size));
      return Read::some;
    }
    if (size == 0 || (errno != EAGAIN && errno != EINTR)) return Read::end;
  }
}

RawAnswer RawClient::read_answer(bool head, std::chrono::milliseconds patience) {
  const auto until = SteadyClock::now() + patience;
  RawAnswer answer;
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos)
    if (read_some(until) != Read::some) return answer;
  answer.header = received_.substr(0, end + 4);
  const std::size_t size = head ? 0 : std::strtoul(answer.field("Content-Length").c_str(), nullptr, 10);
  while (received_.size() < end + 4 + size)
    if (read_some(until) != Read::some) return answer;
  answer.body = received_.substr(end + 4, size);
  received_.erase(0, end + 4 + size);
  answer.status = std::atoi(answer.header.c_str() + std::strlen("HTTP/1.1 "));
  return answer;
}

std::string RawClient::read_all(std::chrono::milliseconds patience) {
  const auto until = SteadyClock::now() + patience;
  while (read_some(until) == Read::some) {
  }
  return std::exchange(received_, {});
}

bool RawClient::closed_within(std::chrono::milliseconds patience) {
  const auto until = SteadyClock::now() + patience;
  for (;;) {
    const Read read = read_some(until);
    received_.clear();
    if (read != Read::some) return read == Read::end;
  }
}

}  // namespace nexus::test
