#include "viewer.h"

#include "session.h"

#include <nexus/cpp/contracts/ssh.h>

namespace nexus::terminal {

Viewer::Viewer(const WebSocket& socket, bool is_binary, OwnedCall speaker)
    : socket_(socket),
      is_binary_(is_binary),
      speaker_(std::move(speaker)),
      output_([this](std::uint32_t kind, std::string_view data) { return send(kind, data); }),
      input_([this](std::uint32_t kind, std::string_view bytes) { return session_->write(kind, bytes); },
             [this](std::size_t credit) { socket_.consumed(credit); }) {}

bool Viewer::send(std::uint32_t kind, std::string_view data) const {
  if (kind == kBinary) return socket_.send_binary(data) != Status::busy;
  if (kind == kText) return socket_.send_text(data) != Status::busy;
  socket_.close(close_code_, data);
  return true;
}

void Viewer::show(std::string_view bytes, std::string_view message, Role role) {
  if (role == Role::viewer) {
    const std::lock_guard lock(mutex_);
    if (lost_ != 0 || !output_.is_empty()) {
      lost_ += bytes.size();
      return;
    }
  }
  if (is_binary_) return output_.send(kBinary, bytes, 0);
  if (!message.empty()) output_.send(kText, message, 0);
}

void Viewer::tell(std::string_view message) { output_.send(kText, message, 0); }

void Viewer::tell(const Error& error) { tell(error_message(*speaker_, error)); }

void Viewer::close(std::uint16_t code, std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    if (close_code_ != 0) return;
    close_code_ = code;
  }
  output_.send(kClose, reason, 0);
}

void Viewer::message(Call&, const WsMessage& message) {
  if (!session_->may_write(*this)) {
    tell(Error::api(code::kForbidden, "terminal.read_only"));
  } else if (message.is_binary) {
    return input_.send(contracts::kSshBytes, message.data, message.data.size());
  } else if (take_text(message.data)) {
    return;
  }
  socket_.consumed(message.data.size());
}

bool Viewer::take_text(std::string_view text) {
  const auto parsed = parse_client_message(text);
  if (!parsed.ok()) {
    tell(parsed.error());
    return false;
  }
  if (const auto* input = std::get_if<Input>(&*parsed)) {
    input_.send(contracts::kSshBytes, input->data, text.size());
    return true;
  }
  const auto& size = std::get<Size>(*parsed);
  if (!session_->resized(*this, size)) return false;
  const auto cbor = contracts::to_cbor({{"resize", {{"cols", size.cols}, {"rows", size.rows}}}});
  input_.send(contracts::kSshControl, cbor, text.size());
  return true;
}

void Viewer::drained() {
  output_.retry();
  if (!output_.is_empty()) return;
  report_loss();
  session_->drained_client();
}

void Viewer::report_loss() {
  std::uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    lost = std::exchange(lost_, 0);
  }
  if (lost != 0) tell(lagged_message(lost));
}

void Viewer::closed(Call&, std::uint16_t code, std::string_view) {
  output_.close();
  input_.close();
  session_->left(*this, code);
}

}  // namespace nexus::terminal
