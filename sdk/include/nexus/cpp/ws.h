// WebSocket endpoints: one object of the plugin's for each open socket.
#pragma once

#include <nexus/cpp/http.h>

namespace nexus {

// The plugin's hand on one socket. Copyable, thread-safe; stale once the socket is closed, which every function answers
// then.
class WebSocket {
 public:
  WebSocket() = default;
  WebSocket(const Host& host, nx_handle handle) noexcept : host_(&host), handle_(handle) {}

  nx_handle handle() const noexcept { return handle_; }
  // Status::busy: not taken, because too much waits for the client; drained() tells when to go on.
  Status send_text(std::string_view text) const noexcept { return send(NX_WS_TEXT, text); }
  Status send_binary(std::string_view bytes) const noexcept { return send(NX_WS_BINARY, bytes); }
  // Gives received bytes back (WsOptions::credit).
  void consumed(std::size_t bytes) const noexcept { api().consumed(host_->raw, handle_, bytes); }
  void close(std::uint16_t code, std::string_view reason = {}) const noexcept {
    api().close(host_->raw, handle_, code, to_abi(reason));
  }
  Status join(std::string_view channel) const noexcept {
    return Status{api().join(host_->raw, handle_, to_abi(channel))};
  }
  Status leave(std::string_view channel) const noexcept {
    return Status{api().leave(host_->raw, handle_, to_abi(channel))};
  }

 private:
  const nx_ws_api& api() const noexcept { return *host_->ws; }
  Status send(std::uint32_t kind, std::string_view data) const noexcept {
    return Status{api().send(host_->raw, handle_, kind, to_abi(data))};
  }

  const Host* host_ = nullptr;
  nx_handle handle_ = 0;
};

// Sends to every socket in the channel; answers how many missed it because their queue is full.
inline std::uint32_t broadcast(const Host& host, std::string_view channel, std::uint32_t kind, std::string_view data) {
  std::uint32_t missed = 0;
  host.ws->broadcast(host.raw, to_abi(channel), kind, to_abi(data), &missed);
  return missed;
}

struct WsMessage {
  bool is_binary = false;
  std::string_view data;  // valid while message() runs
};

// What a plugin does with one socket. The functions never run at the same time; closed() is the last.
class WsSession {
 public:
  virtual ~WsSession() = default;
  virtual void message(Call& call, const WsMessage& message) = 0;
  virtual void drained() {}
  virtual void closed(Call& call, std::uint16_t code, std::string_view reason) = 0;
};

struct WsOptions {
  std::string_view permission = {};  // empty: anybody who is logged in
  bool is_public = false;            // needs no token
  bool needs_step_up = false;
  bool needs_second_factor = false;  // a recent one, of callers who have one
  bool needs_session = false;        // for people who are logged in, not for API tokens
  bool is_inline = false;            // message() and drained() on the I/O thread: must not block, no database
  bool credit = false;               // what is received counts until WebSocket::consumed
  std::string_view subprotocols = {};
  std::uint32_t max_message = 0;     // bytes; 0 takes the host's, here and below
  std::uint32_t receive_window = 0;  // bytes
  std::uint32_t send_limit = 0;      // bytes
};

// A refusal is an Error, which becomes the answer to the upgrade. May send at once.
using WsOpenHandler =
    std::function<Result<std::shared_ptr<WsSession>>(Request&, const WebSocket& socket, std::string_view subprotocol)>;

}  // namespace nexus
