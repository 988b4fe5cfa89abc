#include "request.h"

#include "audit_rule.h"
#include "pipeline.h"
#include "ws/session.h"
#include "ws/upgrade.h"

namespace nexus::api {
namespace {

// Carries a session to the socket that the engine gives up; where it never does, the session ends.
struct Handover {
  std::shared_ptr<ws::Session> session;
  ws::Handshake handshake;
  ~Handover() {
    if (session) session->fail();
  }
};

}  // namespace

Request::Request(std::shared_ptr<Pipeline> pipeline, RequestMessage&& received, Responder&& responder)
    : message(std::move(received)), pipeline_(std::move(pipeline)), responder_(std::move(responder)) {}

Request::~Request() {
  pipeline_->deadlines().remove(*this);
  if (answered_) return;
  pipeline_->hooks().problem("a handler let go of its request without an answer", request_id());
  respond(error_response(code::kInternal));
}

std::optional<std::string_view> Request::path_param(std::string_view name) const noexcept {
  const auto index = route ? route->parameter_index(name) : std::nullopt;
  return index ? std::optional(target.segments()[*index]) : std::nullopt;
}

std::optional<std::string_view> Request::query(std::string_view name) const noexcept {
  for (const auto& [known, value] : target.query()) {
    if (known == name) return value;
  }
  return std::nullopt;
}

std::optional<std::string_view> Request::header(std::string_view name) const noexcept {
  const auto value = message.field(name);
  return value.data() != nullptr ? std::optional(value) : std::nullopt;
}

std::string_view Request::trace_parent() const noexcept {
  const auto value = message.field("traceparent");
  return is_trace_parent(value) ? value : std::string_view{};
}

std::string_view Request::remote_address() const noexcept { return client_text.empty() ? message.peer : client_text; }

bool Request::abandoned() const noexcept {
  const std::lock_guard lock(responder_mutex_);
  return answered_ || responder_.abandoned();
}

AnswerContext Request::answer_context() const noexcept {
  return {locale_name, request_id(), rate_limit, rate_remaining, rate_reset, is_over_tls};
}

AnswerMessage Request::written(const Response& response) noexcept {
  try {
    std::string dropped;
    auto answer = write_answer(response, answer_context(), pipeline_->texts(), dropped);
    if (!dropped.empty()) pipeline_->hooks().problem("answer headers left out: " + dropped, request_id());
    return answer;
  } catch (const std::exception& error) {
    pipeline_->hooks().problem(error.what(), request_id());
  } catch (...) {
    pipeline_->hooks().problem("an answer could not be written", request_id());
  }
  return last_resort(request_id());
}

bool Request::respond(Response response) {
  if (answered_.exchange(true)) return false;
  pipeline_->deadlines().remove(*this);
  auto answer = written(response);
  if (!is_audited(route.get(), method(), caller != nullptr, answer.status, response.app_code)) {
    deliver(std::move(answer));
    return true;
  }
  const AuditEvent event{request_id(),     route->spec.owner, route->operation, method(),          path(),
                         remote_address(), caller.get(),      answer.status,    response.app_code, &response};
  if (is_success(answer.status)) {
    deliver_when_recorded(event, std::move(answer));
  } else {
    deliver(std::move(answer));
    record(event, [] {});
  }
  return true;
}

std::shared_ptr<WebSocketSession> Request::websocket() {
  const std::lock_guard lock(session_mutex_);
  if (!session_ && pass && route->spec.websocket) {
    const auto& spec = *route->spec.websocket;
    session_ = pipeline_->sockets().make_session(pass, spec, ws::agree(spec, message));
  }
  return session_;
}

bool Request::accept(std::shared_ptr<WebSocketHandler> handler) {
  static_cast<void>(websocket());
  if (!session_) {
    respond(error_response(code::kUnavailable));  // revoked, or draining
    return false;
  }
  if (answered_.exchange(true)) return false;
  pipeline_->deadlines().remove(*this);
  auto handover = std::make_shared<Handover>();
  handover->handshake = {ws::upgrade_key(message), std::string(request_id())};
  handover->session = session_;
  session_->attach(std::move(handler));
  AnswerMessage answer;
  answer.status = 101;
  answer.take_over = [handover = std::move(handover)](int socket, std::string received) {
    std::exchange(handover->session, nullptr)->begin(socket, std::move(received), std::move(handover->handshake));
  };
  deliver(std::move(answer));
  return true;
}

void Request::deliver(AnswerMessage answer) noexcept {
  const int status = answer.status;
  const std::size_t bytes = answer.body.size();
  {
    const std::lock_guard lock(responder_mutex_);
    responder_.send(std::move(answer));
  }
  log_access(status, bytes);
}

// A change that was acknowledged has left its trace, whatever happens to this process afterwards.
void Request::deliver_when_recorded(const AuditEvent& event, AnswerMessage answer) noexcept {
  struct Waiting {
    std::shared_ptr<Request> request;
    AnswerMessage answer;
  };
  std::shared_ptr<Waiting> waiting;
  try {
    waiting = std::make_shared<Waiting>();
    waiting->request = shared_from_this();
    waiting->answer = std::move(answer);
    pipeline_->hooks().audit(event, [waiting] { waiting->request->deliver(std::move(waiting->answer)); });
  } catch (...) {
    pipeline_->hooks().problem("a change could not be recorded", request_id());
    const bool moved = waiting != nullptr && waiting->request != nullptr;
    deliver(std::move(moved ? waiting->answer : answer));
  }
}

void Request::record(const AuditEvent& event, std::function<void()> written) noexcept {
  try {
    pipeline_->hooks().audit(event, std::move(written));
  } catch (...) {
    pipeline_->hooks().problem("a refusal could not be recorded", request_id());
  }
}

void Request::log_access(int status, std::size_t bytes) noexcept {
  // A target that could not be decoded is logged as it came, without what follows the path.
  const auto path = target.path().empty() ? message.target.substr(0, message.target.find('?')) : target.path();
  const auto duration = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  pipeline_->hooks().access(
      {request_id(), method(), path, status, duration, bytes, remote_address(), caller ? caller->user_id : 0});
}

void Request::expired() noexcept {
  auto waiting = Phase::identifying;
  if (!phase.compare_exchange_strong(waiting, Phase::handling) && waiting != Phase::handling) return;
  try {
    respond(error_response(code::kRemoteTimeout));
  } catch (...) {
    // respond itself reports what goes wrong; there is nobody left to answer.
  }
}

}  // namespace nexus::api
