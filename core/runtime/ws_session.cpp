#include "core/runtime/ws.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>

namespace nexus::core {
namespace {

// Callbacks of one session before the others have their turn.
constexpr int kTurns = 16;
constexpr std::uint16_t kPolicy = 1008;

}  // namespace

WsSession::WsSession(std::shared_ptr<const EndpointTarget> target, std::shared_ptr<api::WebSocketSession> socket,
                     const api::Exchange& exchange)
    : target_(std::move(target)), socket_(std::move(socket)) {
  auto origin = same_client(exchange);
  origin->principal = exchange.principal();
  origin_ = std::move(origin);
}

std::shared_ptr<const Origin> WsSession::origin_until(Deadline deadline) const {
  auto origin = same_client(*origin_);
  origin->principal = origin_->principal;
  origin->deadline = deadline;
  return origin;
}

bool WsSession::begin(void* session_data) {
  const std::lock_guard lock(mutex_);
  session_data_ = session_data;
  busy_ = false;
  if (!events_.empty()) post();
  if (state_ != State::opening) return false;
  state_ = State::open;
  return true;
}

void WsSession::mute() {
  const std::lock_guard lock(mutex_);
  muted_ = true;
}

void WsSession::message(api::MessageKind kind, std::string_view data) {
  const auto number = static_cast<std::uint32_t>(kind);
  if (target_->is_inline) {
    if (!enter_inline()) return;
    run_message(number, data, Phase::inline_route);
    leave_inline();
    return;
  }
  push({Event::What::message, number, std::string(data)});
}

void WsSession::drained() {
  if (!target_->is_inline) return push({Event::What::drained, 0, {}});
  if (!enter_inline()) return;
  run_drained();
  leave_inline();
}

void WsSession::closed(std::uint16_t code, std::string_view reason) {
  target_->sockets->forget(*this);
  push({Event::What::closed, code, std::string(reason)});
}

void WsSession::withdraw(std::uint16_t code, std::string_view reason) {
  socket_->close(code, reason);
  closed(code, reason);
}

// Nothing of the session runs elsewhere: messages come from one thread, and a worker only has `closed`.
bool WsSession::enter_inline() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::open || muted_ || busy_) return false;
  busy_ = true;
  return true;
}

void WsSession::leave_inline() {
  const std::lock_guard lock(mutex_);
  busy_ = false;
  if (!events_.empty()) post();
}

void WsSession::push(Event event) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::ended) return;
  if (event.what == Event::What::closed) {
    state_ = State::ended;
    events_.clear();  // who is gone, or logged out, wants nothing any more
  } else if (muted_) {
    return;
  } else if (events_.size() >= kMostQueuedMessages) {
    muted_ = true;
    return socket_->close(kPolicy, "too many messages");
  }
  events_.push_back(std::move(event));
  if (!busy_) post();
}

// Under the mutex. Each open session has promised `closed`, so the work is never refused but by a closed plugin.
void WsSession::post() {
  busy_ = true;
  const auto& owner = target_->route.owner;
  if (owner->post([self = shared_from_this()] { self->run_some(); }, Admission::always)) return;
  busy_ = false;
  events_.clear();
}

void WsSession::run_some() {
  for (int turn = 0; turn < kTurns; ++turn) {
    Event event;
    {
      const std::lock_guard lock(mutex_);
      if (events_.empty()) {
        busy_ = false;
        return;
      }
      event = std::move(events_.front());
      events_.pop_front();
      if (muted_ && event.what != Event::What::closed) continue;
    }
    run(event);
  }
  const std::lock_guard lock(mutex_);
  busy_ = false;
  if (!events_.empty()) post();
}

void WsSession::run(const Event& event) {
  switch (event.what) {
    case Event::What::message: return run_message(event.kind, event.text, Phase::work);
    case Event::What::drained: return run_drained();
    case Event::What::closed: return run_closed(event.kind, event.text);
  }
}

void WsSession::run_message(std::uint32_t kind, std::string_view data, Phase phase) {
  auto& owner = *target_->route.owner;
  const auto ticket = owner.gate().enter(true);
  if (!ticket) return;
  nx_call call(owner, phase, origin_until(std::chrono::steady_clock::now() + kBackgroundDeadline));
  owner.call_down("message", call.request_id(), [&] {
    target_->table.message(session_data_, &call, handle, kind, to_abi(data));
    return nx_status{NX_OK};
  });
  if (!call.error().empty()) {
    owner.log(NX_LOG_WARNING, "the plugin could not take a message", call.error(), call.request_id());
  }
  if ((target_->table.flags & NX_WS_CREDIT) == 0) socket_->consumed(data.size());
}

void WsSession::run_drained() {
  if (target_->table.drained == nullptr) return;
  auto& owner = *target_->route.owner;
  const auto ticket = owner.gate().enter(true);
  if (!ticket) return;
  owner.call_down("drained", origin_->request_id, [&] {
    target_->table.drained(session_data_, handle);
    return nx_status{NX_OK};
  });
}

void WsSession::run_closed(std::uint32_t code, const std::string& reason) {
  auto& owner = *target_->route.owner;
  nx_call call(owner, Phase::work, origin_until(std::chrono::steady_clock::now() + kBackgroundDeadline));
  owner.call_down("closed", call.request_id(), [&] {
    target_->table.closed(session_data_, &call, handle, code, to_abi(reason));
    return nx_status{NX_OK};
  });
  if (!call.error().empty()) {
    owner.log(NX_LOG_WARNING, "the plugin could not end a socket", call.error(), call.request_id());
  }
}

}  // namespace nexus::core
