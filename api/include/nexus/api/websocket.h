// WebSocket sessions as the host sees them: the edge does handshake, framing, pings, limits and close.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::api {

enum class MessageKind : std::uint8_t { text = 1, binary = 2 };

// How long a socket's client may take. They are looked at twice in a second.
struct WebSocketTimes {
  std::chrono::milliseconds ping_after{30'000};  // without a byte from the client
  std::chrono::milliseconds silence{60'000};     // then it is gone
  std::chrono::milliseconds stall{120'000};  // it reads nothing: a terminal that somebody has halted looks like that
  std::chrono::milliseconds close{5'000};    // for the handshake, and for the answer to a close frame
  std::chrono::milliseconds most_close{30'000};  // where bytes still go out
};

// What a route must have to be a WebSocket endpoint (RouteSpec::websocket).
struct WebSocketSpec {
  std::vector<std::string> subprotocols;  // the most wanted first
  std::size_t max_message = 64 * 1024;    // bytes, fragments together
  std::size_t receive_window = 256 * 1024;
  std::size_t send_limit = 256 * 1024;
  bool needs_second_factor = false;  // a recent one, of callers who have one (40302)
  WebSocketTimes times;
};

// A message that was framed once, for many sessions.
class SharedFrame;
// `data` is UTF-8 where it is text; the caller has checked that.
std::shared_ptr<const SharedFrame> make_frame(MessageKind kind, std::string_view data);
// Whether a text message may hold it: UTF-8.
bool is_text(std::string_view data) noexcept;

// One socket. Made by the edge; thread-safe. Sends before the handshake wait for it.
class WebSocketSession {
 public:
  enum class Sent : std::uint8_t {
    taken,
    full,    // more than send_limit waits: not taken, and the handler's drained() comes when half is free
    closed,  // or closing
  };
  virtual ~WebSocketSession() = default;

  virtual Sent send(MessageKind kind, std::string_view data) = 0;
  virtual Sent send(const std::shared_ptr<const SharedFrame>& frame) = 0;
  // Gives received bytes back to the window.
  virtual void consumed(std::size_t bytes) = 0;
  // After what is queued. More than once is harmless: the first counts.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;
  // Empty: none.
  virtual std::string_view subprotocol() const noexcept = 0;
};

// What the host does with a socket. The edge calls it on the socket's I/O thread, one function at a time; none may
// block or throw. Kept until closed() has returned.
class WebSocketHandler {
 public:
  virtual ~WebSocketHandler() = default;
  // `data` is valid until it returns; its size counts against receive_window until consumed().
  virtual void message(MessageKind kind, std::string_view data) = 0;
  virtual void drained() = 0;
  // Exactly once for each accepted socket, also where the handshake fails; nothing comes after it.
  virtual void closed(std::uint16_t code, std::string_view reason) = 0;
};

}  // namespace nexus::api
