// A WebSocket client that sends exactly the frames it is given, and reads what comes.
#pragma once

#include "support/raw_client.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <poll.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::test {

struct WsFrame {
  int opcode = -1;  // -1: nothing came, -2: the connection ended
  bool final = true;
  std::string data;
  int close_code() const {
    if (opcode != 8) return 0;
    if (data.size() < 2) return 1005;
    return static_cast<unsigned char>(data[0]) << 8 | static_cast<unsigned char>(data[1]);
  }
};

class WsClient {
 public:
  explicit WsClient(std::uint16_t port, int receive_buffer = 0) : client_(port, "127.0.0.1", receive_buffer) {}

  static std::string request(const std::string& target, const std::string& fields = "") {
    return "GET " + target +
           " HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
           "13\r\n"
           "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAccept-Language: en\r\n" +
           fields + "\r\n";
  }
  // The head of the answer; a refusal's body as well.
  RawAnswer open(const std::string& target, const std::string& fields = "", const std::string& behind = "") {
    client_.send(request(target, fields) + behind);
    RawAnswer answer;
    for (std::string head; answer.status == 0;) {
      if (!fill()) return answer;
      const auto end = received_.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      answer.header = received_.substr(0, end + 4);
      answer.status = std::stoi(received_.substr(9, 3));
      received_.erase(0, end + 4);
      const auto length = answer.field("Content-Length");
      while (!length.empty() && received_.size() < std::stoul(length) && fill()) {
      }
      if (!length.empty()) answer.body = received_.substr(0, std::stoul(length));
    }
    return answer;
  }

  static std::string frame(int opcode, std::string_view data, bool final = true, int reserved = 0) {
    std::string out(1, static_cast<char>((final ? 0x80 : 0) | reserved | opcode));
    if (data.size() < 126) {
      out += static_cast<char>(0x80 | data.size());
    } else if (data.size() < 65536) {
      out += static_cast<char>(0x80 | 126);
      out += static_cast<char>(data.size() >> 8);
      out += static_cast<char>(data.size() & 255);
    } else {
      out += static_cast<char>(0x80 | 127);
      for (int at = 7; at >= 0; --at) out += static_cast<char>(data.size() >> (8 * at) & 255);
    }
    constexpr std::string_view kMask = "\x11\x22\x33\x44";
    out += kMask;
    for (std::size_t at = 0; at < data.size(); ++at) out += static_cast<char>(data[at] ^ kMask[at % 4]);
    return out;
  }
  bool send(std::string_view bytes) { return client_.send(bytes); }
  bool send(int opcode, std::string_view data) { return send(frame(opcode, data)); }

  WsFrame read(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    WsFrame out;
    for (;;) {
      if (take(out)) return out;
      if (!fill(patience)) return {ended_ ? -2 : -1, true, {}};
    }
  }
  // Whether the other end closed in time.
  bool ended(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    while (fill(patience)) {
    }
    return ended_;
  }
  void close() { client_.close(); }
  // Pieces that the data came in so far: what the other end sends with one call is one.
  std::uint32_t pieces() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    ::getsockopt(client_.socket(), IPPROTO_TCP, TCP_INFO, &info, &size);
    return info.tcpi_data_segs_in;
  }

 private:
  bool take(WsFrame& out) {
    if (received_.size() < 2) return false;
    const auto byte = [&](std::size_t at) {
      return static_cast<std::size_t>(static_cast<unsigned char>(received_[at]));
    };
    std::size_t size = byte(1) & 127;
    std::size_t at = 2;
    const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
    if (received_.size() < at + more) return false;
    if (more != 0) size = 0;
    for (std::size_t i = 0; i < more; ++i) size = size << 8 | byte(at++);
    if (received_.size() < at + size) return false;
    out = {static_cast<int>(byte(0) & 15), (byte(0) & 128) != 0, received_.substr(at, size)};
    received_.erase(0, at + size);
    return true;
  }
  bool fill(std::chrono::milliseconds patience = std::chrono::seconds(10)) {
    pollfd wait{client_.socket(), POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(patience.count())) <= 0) return false;
    std::string room(65536, '\0');
    const auto size = ::recv(client_.socket(), room.data(), room.size(), 0);
    if (size <= 0) {
      ended_ = true;
      return false;
    }
    received_.append(room, 0, static_cast<std::size_t>(size));
    return true;
  }

  RawClient client_;
  std::string received_;
  bool ended_ = false;
};

}  // namespace nexus::test
