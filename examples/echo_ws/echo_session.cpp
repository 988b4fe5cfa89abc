#include "echo_session.h"

namespace echo_ws {
namespace {

constexpr std::uint16_t kPolicy = 1008;

}  // namespace

nexus::Result<std::shared_ptr<EchoSession>> EchoSockets::open(const nexus::WebSocket& socket) {
  auto session = std::make_shared<EchoSession>(*this, socket);
  if (open_ > kMostSockets) return nexus::Error::api(nexus::code::kUnavailable, "echo_ws.full");
  return session;
}

EchoSession::EchoSession(EchoSockets& sockets, const nexus::WebSocket& socket) : sockets_(sockets), socket_(socket) {
  ++sockets_.open_;
}

EchoSession::~EchoSession() { --sockets_.open_; }

// What came earlier is answered earlier.
void EchoSession::message(nexus::Call&, const nexus::WsMessage& message) {
  if (kept_.empty() && answer(message.is_binary, message.data)) return;
  if (kept_.size() == kMostKept) return socket_.close(kPolicy, "too many messages");
  kept_.push_back({message.is_binary, std::string(message.data)});
}

void EchoSession::drained() {
  while (!kept_.empty() && answer(kept_.front().is_binary, kept_.front().data)) kept_.pop_front();
}

void EchoSession::closed(nexus::Call&, std::uint16_t, std::string_view) { kept_.clear(); }

// Only now is the message given back to the window: a client that does not read is not read from.
bool EchoSession::answer(bool is_binary, std::string_view data) {
  const auto sent = is_binary ? socket_.send_binary(data) : socket_.send_text(data);
  if (sent == nexus::Status::busy) return false;
  socket_.consumed(data.size());
  return true;
}

}  // namespace echo_ws
