// One client of a session: what it sees, and, where it is the writer, what it types.
#pragma once

#include "protocol.h"

#include <nexus/cpp/outlet.h>
#include <nexus/cpp/ws.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace nexus::terminal {

class Session;

// Thread-safe. Its messages come on its socket's I/O thread.
class Viewer final : public WsSession {
 public:
  // `speaker` is a call of the client's, for texts in its language.
  Viewer(const WebSocket& socket, bool is_binary, OwnedCall speaker);

  // Before anything else, once.
  void join(std::shared_ptr<Session> session) { session_ = std::move(session); }

  bool is_binary() const noexcept { return is_binary_; }

  // Output, as bytes and as the message for those who want text. A client that watches loses what it does not take.
  void show(std::string_view bytes, std::string_view message, Role role);
  // A message of the protocol, in its place behind the output.
  void tell(std::string_view message);
  void tell(const Error& error);
  // Behind all that was told.
  void close(std::uint16_t code, std::string_view reason);
  // Whether everything went out.
  bool is_idle() const { return output_.is_empty(); }
  // The stream has room for input again.
  void retry_input() { input_.retry(); }

  // WsSession
  void message(Call& call, const WsMessage& message) override;
  void drained() override;
  void closed(Call& call, std::uint16_t code, std::string_view reason) override;

 private:
  static constexpr std::uint32_t kText = 0;
  static constexpr std::uint32_t kBinary = 1;
  static constexpr std::uint32_t kClose = 2;

  bool send(std::uint32_t kind, std::string_view data) const;
  // Whether it went on to the server, which gives its bytes back.
  bool take_text(std::string_view text);
  void report_loss();

  const WebSocket socket_;
  const bool is_binary_;
  OwnedCall speaker_;
  std::shared_ptr<Session> session_;
  Outlet output_;  // to the socket
  Outlet input_;   // to the server

  std::mutex mutex_;
  std::uint64_t lost_ = 0;  // bytes of output that were left out
  std::uint16_t close_code_ = 0;
};

}  // namespace nexus::terminal
