// A request in the pipeline.
#pragma once

#include "client_address.h"
#include "deadlines.h"
#include "envelope.h"
#include "request_id.h"
#include "route_entry.h"
#include "target.h"

#include <nexus/api/hooks.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace nexus::api {

class Pipeline;
namespace ws {
class Pass;
class Session;
}  // namespace ws

// The pipeline's steps fill it, one after the other; from the handler's call on only `respond` changes it.
class Request final : public Exchange, public Deadlines::Entry, public std::enable_shared_from_this<Request> {
 public:
  Request(std::shared_ptr<Pipeline> pipeline, RequestMessage&& message, Responder&& responder);
  ~Request() override;
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  std::string_view method() const noexcept override { return message.method; }
  std::string_view path() const noexcept override { return target.path(); }
  std::optional<std::string_view> path_param(std::string_view name) const noexcept override;
  std::optional<std::string_view> query(std::string_view name) const noexcept override;
  std::optional<std::string_view> header(std::string_view name) const noexcept override;
  std::string_view body() const noexcept override { return message.body; }
  std::string_view request_id() const noexcept override { return id.text(); }
  std::string_view trace_parent() const noexcept override;
  std::string_view locale() const noexcept override { return locale_name; }
  std::string_view remote_address() const noexcept override;
  const std::shared_ptr<const Principal>& principal() const noexcept override { return caller; }
  Clock::time_point deadline() const noexcept override { return ends; }
  bool abandoned() const noexcept override;
  bool respond(Response response) override;
  std::shared_ptr<WebSocketSession> websocket() override;
  bool accept(std::shared_ptr<WebSocketHandler> handler) override;

  void expired() noexcept override;
  std::shared_ptr<Deadlines::Entry> keep_alive() noexcept override { return weak_from_this().lock(); }

  // Who may change or answer it now. While steps run, time does not end it; the other two it may.
  enum class Phase { steps, identifying, handling };

  // For the pipeline only.
  std::atomic<Phase> phase{Phase::steps};
  RequestMessage message;
  RequestTarget target;
  RequestId id = RequestId::make();
  Clock::time_point began = Clock::now();
  Clock::time_point ends = Clock::time_point::max();
  std::string_view locale_name = kDefaultLocale;  // one of the shipped ones
  Address client;
  std::string client_text;   // empty: the socket's other end
  bool is_over_tls = false;  // says a trusted proxy
  std::shared_ptr<const Principal> caller;
  std::shared_ptr<const RouteEntry> route;
  bool resumed = false;             // left its I/O thread to find out who is calling
  std::shared_ptr<void> auth_slot;  // of Pipeline::enter_auth; given back when the request goes
  std::uint64_t sockets_epoch = 0;  // of ws::Hub, from before it was asked who is calling
  std::shared_ptr<ws::Pass> pass;   // of a WebSocket route, once the caller is known
  AnswerContext answer_context() const noexcept;
  std::uint32_t rate_limit = 0;
  std::uint32_t rate_remaining = 0;
  std::int64_t rate_reset = 0;

 private:
  AnswerMessage written(const Response& response) noexcept;
  void deliver(AnswerMessage answer) noexcept;
  void deliver_when_recorded(const AuditEvent& event, AnswerMessage answer) noexcept;
  void record(const AuditEvent& event, std::function<void()> written) noexcept;
  void log_access(int status, std::size_t bytes) noexcept;

  std::shared_ptr<Pipeline> pipeline_;
  std::atomic<bool> answered_{false};
  mutable std::mutex responder_mutex_;  // send and abandoned exclude each other
  Responder responder_;
  std::mutex session_mutex_;
  std::shared_ptr<ws::Session> session_;
};

}  // namespace nexus::api
