#include "core/runtime/ws.h"

#include <nexus/cpp/str.h>

#include <algorithm>

namespace nexus::core {
namespace {

constexpr std::size_t kLongestReason = 123;

bool is_close_code(std::uint32_t code) noexcept {
  return code == 1000 || code == 1001 || code == 1003 || (code >= 1007 && code <= 1013) ||
         (code >= 3000 && code <= 4999);
}

nx_status check_message(std::uint32_t kind, std::string_view data) noexcept {
  if (kind != NX_WS_TEXT && kind != NX_WS_BINARY) return NX_E_INVALID;
  if (data.size() > kLongestMessage) return NX_E_LIMIT;
  return kind == NX_WS_BINARY || api::is_text(data) ? NX_OK : NX_E_INVALID;
}

bool is_channel(std::string_view name) noexcept { return !name.empty() && name.size() <= kLongestChannel; }

}  // namespace

void WebSockets::open(const std::shared_ptr<const EndpointTarget>& target,
                      const std::shared_ptr<api::Exchange>& exchange) {
  run_in_turn(*target->route.owner, target, exchange,
              [this](const auto& endpoint, const auto& request) { run_open(endpoint, request); });
}

void WebSockets::run_open(const std::shared_ptr<const EndpointTarget>& target,
                          const std::shared_ptr<api::Exchange>& exchange) {
  auto& owner = *target->route.owner;
  const auto refuse = [&](const Error& error) { exchange->respond(api::Response::from(error)); };
  auto socket = exchange->websocket();
  if (socket == nullptr) return refuse(Error(Status::unavailable));
  const auto session = std::make_shared<WsSession>(target, socket, *exchange);
  session->handle = sessions_.insert(owner, session);
  if (session->handle == 0) return refuse(Error(Status::busy));

  nx_call call(owner, Phase::work, exchange);
  nx_http http{&target->route, &exchange, &call};
  http.may_defer = false;
  nx_ws_opening opening{};
  opening.struct_size = sizeof opening;
  opening.session = session->handle;
  opening.subprotocol = socket->subprotocol().empty() ? nx_str{nullptr, 0} : to_abi(socket->subprotocol());
  const auto status = owner.call_down(
      "open", call.request_id(), [&] { return target->table.open(target->table.user_data, &call, &http, &opening); });
  if (http.answered || status != NX_OK) {
    forget(*session);
    if (!http.answered) fail_route(owner, *exchange, call, status);
    return;
  }
  // Where the plugin began to stop meanwhile.
  if (!session->begin(opening.session_data)) return refuse(Error(Status::unavailable));
  if (!exchange->accept(session)) session->closed(1006, "");
}

std::shared_ptr<WsSession> WebSockets::find(const Owner& owner, nx_handle handle) const {
  auto session = sessions_.find(handle);
  return session != nullptr && session->target().route.owner.get() == &owner ? session : nullptr;
}

nx_status WebSockets::send(const Owner& owner, nx_handle handle, std::uint32_t kind, std::string_view data) const {
  if (const auto wrong = check_message(kind, data); wrong != NX_OK) return wrong;
  const auto session = find(owner, handle);
  if (session == nullptr) return NX_E_STALE;
  switch (session->socket().send(static_cast<api::MessageKind>(kind), data)) {
    case api::WebSocketSession::Sent::taken: return NX_OK;
    case api::WebSocketSession::Sent::full: return NX_E_BUSY;
    case api::WebSocketSession::Sent::closed: break;
  }
  return NX_E_STALE;
}

nx_status WebSockets::consumed(const Owner& owner, nx_handle handle, std::uint64_t bytes) const {
  const auto session = find(owner, handle);
  if (session == nullptr) return NX_E_STALE;
  if ((session->target().table.flags & NX_WS_CREDIT) == 0) return NX_E_INVALID;
  session->socket().consumed(bytes);
  return NX_OK;
}

nx_status WebSockets::close(const Owner& owner, nx_handle handle, std::uint32_t code, std::string_view reason) const {
  if (!is_close_code(code) || reason.size() > kLongestReason || !api::is_text(reason)) return NX_E_INVALID;
  const auto session = find(owner, handle);
  if (session == nullptr) return NX_E_STALE;
  session->socket().close(static_cast<std::uint16_t>(code), reason);
  return NX_OK;
}

nx_status WebSockets::join(const Owner& owner, nx_handle handle, std::string_view channel) {
  if (!is_channel(channel)) return NX_E_INVALID;
  const std::unique_lock lock(channels_mutex_);
  const auto session = find(owner, handle);  // under the lock: who ends it leaves afterwards
  if (session == nullptr) return NX_E_STALE;
  if (session->channels.size() >= kMostChannels && !session->channels.contains(std::string(channel))) return NX_E_LIMIT;
  session->channels.emplace(channel);
  channels_[{&owner, std::string(channel)}].insert(session);
  return NX_OK;
}

nx_status WebSockets::leave(const Owner& owner, nx_handle handle, std::string_view channel) {
  const auto session = find(owner, handle);
  if (session == nullptr) return NX_E_STALE;
  const std::unique_lock lock(channels_mutex_);
  if (session->channels.erase(std::string(channel)) != 0) remove_member(owner, std::string(channel), session);
  return NX_OK;
}

void WebSockets::remove_member(const Owner& owner, const std::string& channel,
                               const std::shared_ptr<WsSession>& session) {
  const auto found = channels_.find({&owner, channel});
  if (found == channels_.end()) return;
  found->second.erase(session);
  if (found->second.empty()) channels_.erase(found);
}

nx_status WebSockets::broadcast(const Owner& owner, std::string_view channel, std::uint32_t kind, std::string_view data,
                                std::uint32_t* missed) const {
  if (missed != nullptr) *missed = 0;
  if (!is_channel(channel)) return NX_E_INVALID;
  if (const auto wrong = check_message(kind, data); wrong != NX_OK) return wrong;
  const std::shared_lock lock(channels_mutex_);
  const auto found = channels_.find({&owner, std::string(channel)});
  if (found == channels_.end()) return NX_OK;
  const auto frame = api::make_frame(static_cast<api::MessageKind>(kind), data);
  std::uint32_t full = 0;
  for (const auto& session : found->second) {
    if (session->socket().send(frame) == api::WebSocketSession::Sent::full) ++full;
  }
  if (missed != nullptr) *missed = full;
  return NX_OK;
}

bool WebSockets::forget(WsSession& session) {
  if (sessions_.take(session.handle) == nullptr) return false;
  leave_all(session);
  return true;
}

void WebSockets::leave_all(WsSession& session) {
  const auto self = session.shared_from_this();
  const auto& owner = *session.target().route.owner;
  const std::unique_lock lock(channels_mutex_);
  for (const auto& name : session.channels) remove_member(owner, name, self);
  session.channels.clear();
}

void WebSockets::mute(const std::function<bool(const api::Principal&)>& matches) {
  for (const auto& session : sessions_.list()) {
    if (session->principal() != nullptr && matches(*session->principal())) session->mute();
  }
}

std::size_t WebSockets::withdraw(const Owner& owner) {
  const auto left = sessions_.take_owner(owner);
  for (const auto& [handle, session] : left) {
    leave_all(*session);
    session->withdraw(1001, "");
  }
  return left.size();
}

}  // namespace nexus::core
