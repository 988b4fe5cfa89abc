#include "pipeline.h"

#include "text.h"
#include "ws/upgrade.h"

#include <cstring>

namespace nexus::api {
namespace {

// Longer than any token of ours; what is longer is none.
constexpr std::size_t kMaxToken = 8 * 1024;

// Log-ins and their kin that are handled at the same time. They are few and slow (a password hash each), so that more
// would only fill the workers' queue and let everybody else wait behind a flood of guesses.
constexpr std::uint32_t kMaxAuthInFlight = 128;

// How often the request has the field; `value` is the first one's.
std::size_t count_field(const RequestMessage& message, std::string_view name, std::string_view& value) noexcept {
  std::size_t count = 0;
  for (const auto& field : message.fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    if (count++ == 0) value = field.value;
  }
  return count;
}

// The token of "Bearer <token>"; empty where it is something else.
std::string_view bearer_token(std::string_view authorization) noexcept {
  constexpr std::string_view kScheme = "Bearer ";
  if (authorization.size() <= kScheme.size()) return {};
  if (!equals_ignoring_case(authorization.substr(0, kScheme.size()), kScheme)) return {};
  const auto token = trimmed(authorization.substr(kScheme.size()));
  return token.size() <= kMaxToken && token.find(' ') == std::string_view::npos ? token : std::string_view{};
}

RateLimiter::Key user_key(std::int64_t user_id) noexcept {
  RateLimiter::Key key{};
  std::memcpy(key.data(), &user_id, sizeof(user_id));
  return key;
}

template <class Unit>
std::int64_t unix_time() noexcept {
  return std::chrono::duration_cast<Unit>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// Names are letters, digits, dots and underscores, so that they need no escape.
Response missing_scope(const std::string& permission) {
  Response response = error_response(code::kForbidden);
  response.details_key = "error.40301.scope";
  response.args = {{"scope", permission}};
  response.extra_json = R"({"missing_scope":")" + permission + "\"}";
  return response;
}

}  // namespace

// The pipeline. The access log is written when a request is answered, whichever step did it.
const std::array<Pipeline::Step, 10> Pipeline::kSteps{
    &Pipeline::read_target,       // percent-decodes once, refuses what is malformed
    &Pipeline::match_route,       // 404, 405 with Allow, OPTIONS, 503 of a suspended route
    &Pipeline::limit_body,        // the route's own limit; the engine has held the general one
    &Pipeline::authenticate,      // may go on later, on another thread
    &Pipeline::limit_rate,        // by user or address
    &Pipeline::authorize,         // the route's permission, the token's scopes, a recent authentication
    &Pipeline::check_upgrade,     // 426 where a WebSocket route is asked for without one
    &Pipeline::check_parameters,  // path, query and header parameters
    &Pipeline::limit_sockets,     // how many WebSockets a caller may have open
    &Pipeline::dispatch,  // the body against its schema, and the handler: on the pool, or here where it is inline
};
constexpr std::size_t kAfterAuthentication = 4;

Pipeline::Pipeline(Hooks& hooks, TrustedProxies proxies, const RateLimits& limits, unsigned socket_threads,
                   std::size_t most_sockets)
    : hooks_(hooks),
      proxies_(std::move(proxies)),
      texts_(hooks),
      general_limit_(limits.general_per_minute),
      auth_limit_(limits.auth_per_minute),
      socket_limit_(limits.websockets_per_user),
      sockets_(std::make_shared<ws::Hub>(socket_threads, most_sockets)) {}

void Pipeline::set_rate_limits(const RateLimits& limits) noexcept {
  general_limit_ = limits.general_per_minute;
  auth_limit_ = limits.auth_per_minute;
  socket_limit_ = limits.websockets_per_user;
}

AnswerMessage Pipeline::refusal(int http_status, std::int32_t app_code,
                                std::string_view accept_language) const noexcept {
  const auto id = RequestId::make();
  try {
    Response response = error_response(app_code);
    response.http_status = http_status;
    AnswerContext context;
    context.locale = negotiated_locale(accept_language);
    context.request_id = id.text();
    std::string dropped;
    auto answer = write_answer(response, context, texts_, dropped);
    answer.close = true;
    return answer;
  } catch (...) {
    return last_resort(id.text());
  }
}

void Pipeline::handle(RequestMessage&& message, Responder&& responder) noexcept {
  try {
    const auto request = std::make_shared<Request>(shared_from_this(), std::move(message), std::move(responder));
    run(*request, 0);
  } catch (...) {
    // No memory: the responder is dropped, and the engine answers.
    hooks_.problem("a request could not be taken", {});
  }
}

void Pipeline::run(Request& request, std::size_t first) noexcept {
  try {
    for (std::size_t step = first; step < kSteps.size(); ++step) {
      if ((this->*kSteps[step])(request) == Next::stop) return;
    }
  } catch (const std::exception& error) {
    hooks_.problem(error.what(), request.request_id());
    request.respond(error_response(code::kInternal));
  } catch (...) {
    hooks_.problem("a step threw something that is no exception", request.request_id());
    request.respond(error_response(code::kInternal));
  }
}

Pipeline::Next Pipeline::refuse(Request& request, const Refusal& refusal) {
  request.respond(to_response(refusal, request.locale(), texts_));
  return Next::stop;
}

Pipeline::Next Pipeline::refuse(Request& request, std::int32_t app_code) {
  request.respond(error_response(app_code));
  return Next::stop;
}

Pipeline::Next Pipeline::read_target(Request& request) {
  request.locale_name = negotiated_locale(request.message.field("accept-language"));
  find_client(request);
  const auto problem = request.target.parse(request.message.target);
  if (!problem) return Next::go_on;
  const auto name = std::string(truncated(problem->name, kMaxFieldName));
  return refuse(request, {code::kMalformed, problem->details_key, {{"name", name}}, {}});
}

void Pipeline::find_client(Request& request) const {
  const auto peer = Address::parse(request.message.peer);
  if (!peer) return;
  request.client = *peer;
  if (!proxies_.trusts(*peer)) return;
  std::string forwarded_for;
  for (const auto& field : request.message.fields) {
    if (!equals_ignoring_case(field.name, "x-forwarded-for")) continue;
    if (!forwarded_for.empty()) forwarded_for += ',';
    forwarded_for += field.value;
  }
  request.client = proxies_.client(*peer, forwarded_for);
  request.client_text = request.client.text();
  std::string_view scheme;
  request.is_over_tls =
      count_field(request.message, "x-forwarded-proto", scheme) == 1 && equals_ignoring_case(trimmed(scheme), "https");
}

Pipeline::Next Pipeline::match_route(Request& request) {
  auto match = router_.match(request.method(), request.target.segments());
  request.route = std::move(match.route);
  if (request.route) return request.route->is_suspended ? refuse(request, code::kUnavailable) : Next::go_on;
  if (match.allow.empty()) return refuse(request, code::kNotFound);
  const bool asks = request.method() == "OPTIONS";
  Response response = error_response(asks ? 0 : code::kMethodNotAllowed);
  if (asks) response.http_status = 204;
  response.headers.emplace_back("Allow", std::move(match.allow));
  request.respond(std::move(response));
  return Next::stop;
}

Pipeline::Next Pipeline::limit_body(Request& request) {
  const std::uint32_t limit = request.route->spec.max_body;
  return limit != 0 && request.body().size() > limit ? refuse(request, code::kBodyTooLarge) : Next::go_on;
}

Pipeline::Next Pipeline::authenticate(Request& request) {
  const auto& spec = request.route->spec;
  request.ends = request.began + spec.timeout;
  request.sockets_epoch = spec.websocket ? sockets_->epoch() : 0;
  const auto ticket = spec.websocket ? request.target.take_query("ticket") : std::nullopt;
  std::string_view authorization;
  const std::size_t count = count_field(request.message, "authorization", authorization);
  if (ticket && count != 0) return refuse(request, {code::kMalformed, "error.40000.ticket", {}, {}});
  if (ticket && !ticket->empty() && ticket->size() <= kMaxToken) {
    return find_out(request, CredentialKind::ticket, *ticket);
  }
  if (count == 0 && !ticket && spec.is_public) return admit(request) ? Next::go_on : Next::stop;
  const auto token = count == 1 ? bearer_token(authorization) : std::string_view{};
  if (token.empty()) return accept(request, {nullptr, code::kTokenInvalid}) ? Next::go_on : Next::stop;
  if (const auto known = hooks_.remembered(token)) return accept(request, *known) ? Next::go_on : Next::stop;
  return find_out(request, CredentialKind::bearer, token);
}

Pipeline::Next Pipeline::find_out(Request& request, CredentialKind kind, std::string_view credential) {
  request.phase = Request::Phase::identifying;
  deadlines_.add(request, request.ends);
  hooks_.authenticate(kind, std::string(credential), request,
                      [self = shared_from_this(), kept = request.shared_from_this()](
                          const Authentication& authentication) { self->resume(kept, authentication); });
  return Next::stop;
}

// Whoever is refused counts by address, so that guessing tokens is limited too.
bool Pipeline::accept(Request& request, const Authentication& authentication) {
  request.caller = authentication.principal;
  if (authentication.principal && authentication.app_code == 0) {
    const auto locale = shipped_locale(authentication.principal->locale);
    if (!locale.empty()) request.locale_name = locale;
    return admit(request);
  }
  request.caller = nullptr;
  if (limit_rate(request) == Next::stop) return false;
  refuse(request, authentication.app_code != 0 ? authentication.app_code : code::kTokenInvalid);
  return false;
}

// A WebSocket's caller is known, or none is needed: from here on a log-out finds it.
bool Pipeline::admit(Request& request) {
  if (!request.route->spec.websocket) return true;
  request.pass = sockets_->admit(request.caller, request.sockets_epoch);
  if (!request.pass) refuse(request, code::kUnavailable);
  return request.pass != nullptr;
}

// The remaining steps are short, so they run on the thread that found out; the handler does not.
void Pipeline::resume(const std::shared_ptr<Request>& request, const Authentication& authentication) noexcept {
  auto waiting = Request::Phase::identifying;
  if (!request->phase.compare_exchange_strong(waiting, Request::Phase::steps)) return;
  deadlines_.remove(*request);
  request->resumed = true;
  try {
    if (accept(*request, authentication)) run(*request, kAfterAuthentication);
  } catch (...) {
    hooks_.problem("a request could not go on", request->request_id());
  }
}

void Pipeline::start_timer(Request& request) {
  request.phase = Request::Phase::handling;
  deadlines_.add(request, request.ends);
}

bool Pipeline::post(Request& request) noexcept {
  try {
    return hooks_.post([this, kept = request.shared_from_this()] { call_handler(*kept); });
  } catch (...) {
    return false;
  }
}

Pipeline::Next Pipeline::limit_rate(Request& request) {
  const auto rate_class = request.route->spec.rate_class;
  if (rate_class == RateClass::none) return Next::go_on;
  const bool by_auth = rate_class == RateClass::auth;
  const std::uint32_t limit = by_auth ? auth_limit_ : general_limit_;
  if (limit == 0) return Next::go_on;
  const bool by_user = !by_auth && request.caller;
  auto& limiter = by_auth ? auth_addresses_ : by_user ? users_ : addresses_;
  const auto key = by_user ? user_key(request.caller->user_id) : rate_limit_network(request.client).bytes;
  const auto decision = limiter.take(key, limit, Clock::now());
  request.rate_limit = decision.limit;
  request.rate_remaining = decision.remaining;
  request.rate_reset = unix_time<std::chrono::seconds>() + decision.reset_seconds;
  if (decision.allowed) return Next::go_on;
  Response response = error_response(code::kRateLimited);
  response.headers.emplace_back("Retry-After", std::to_string(decision.reset_seconds));
  request.respond(std::move(response));
  return Next::stop;
}

Pipeline::Next Pipeline::authorize(Request& request) {
  const auto& spec = request.route->spec;
  const auto* caller = request.caller.get();
  if (!spec.permission.empty()) {
    const auto access = caller == nullptr ? Access::not_held : hooks_.access_to(*caller, spec.permission);
    if (access == Access::not_held) return refuse(request, code::kForbidden);
    if (access == Access::out_of_scope) {
      request.respond(missing_scope(spec.permission));
      return Next::stop;
    }
  }
  if (caller != nullptr && caller->is_scoped && needs_session(spec)) {
    return refuse(request, {code::kForbidden, "error.40301.session", {}, {}});
  }
  const bool needs_recent = spec.needs_step_up || (spec.websocket && spec.websocket->needs_second_factor && caller &&
                                                   caller->has_second_factor);
  const bool is_open =
      !needs_recent || (caller != nullptr && caller->elevated_until_us > unix_time<std::chrono::microseconds>());
  return is_open ? Next::go_on : refuse(request, code::kStepUpNeeded);
}

Pipeline::Next Pipeline::check_parameters(Request& request) {
  const auto& rules = request.route->rules;
  if (rules.has_path_rules()) {
    if (const auto refusal = rules.check_path([&](auto name) { return request.path_param(name); })) {
      return refuse(request, refusal);
    }
  }
  if (const auto refusal = rules.check_query(request.target.query())) return refuse(request, refusal);
  if (rules.has_header_rules()) {
    if (const auto refusal = rules.check_headers([&](auto name) { return request.header(name); })) {
      return refuse(request, refusal);
    }
  }
  return Next::go_on;
}

// The caller is known by now: nobody learns from it where an endpoint is that he may not use.
Pipeline::Next Pipeline::check_upgrade(Request& request) {
  if (!request.route->spec.websocket || !ws::upgrade_key(request.message).empty()) return Next::go_on;
  Response response = error_response(code::kMalformed);
  response.http_status = 426;
  response.details_key = "error.40000.websocket";
  request.respond(std::move(response));
  return Next::stop;
}

Pipeline::Next Pipeline::limit_sockets(Request& request) {
  if (!request.pass) return Next::go_on;
  const auto key = request.caller ? ws::CountKey('u', user_key(request.caller->user_id))
                                  : ws::CountKey('a', rate_limit_network(request.client).bytes);
  if (sockets_->count(*request.pass, key, socket_limit_)) return Next::go_on;
  return refuse(request, {code::kRateLimited, "error.42901.websockets", {}, {}});
}

// An inline handler runs on I/O threads; after an authentication elsewhere there is none at hand, and the pool takes
// it.
Pipeline::Next Pipeline::dispatch(Request& request) {
  if (request.route->spec.is_inline && !request.resumed) {
    call_handler(request);
    // It answers later.
    if (!request.abandoned()) start_timer(request);
    return Next::stop;
  }
  if (request.route->spec.rate_class == RateClass::auth && !enter_auth(request)) {
    return refuse(request, code::kUnavailable);
  }
  start_timer(request);
  return post(request) ? Next::stop : refuse(request, code::kUnavailable);
}

bool Pipeline::enter_auth(Request& request) {
  if (auth_in_flight_->fetch_add(1) >= kMaxAuthInFlight) {
    auth_in_flight_->fetch_sub(1);
    return false;
  }
  request.auth_slot = {auth_in_flight_.get(), [counter = auth_in_flight_](auto*) { counter->fetch_sub(1); }};
  return true;
}

void Pipeline::call_handler(Request& request) noexcept {
  const auto fail = [&](std::string_view why) {
    hooks_.problem(why, request.request_id());
    refuse(request, code::kInternal);
  };
  try {
    if (request.abandoned()) return;
    const auto content_type = request.message.field("content-type");
    if (const auto refusal = request.route->rules.check_body(content_type, request.body())) {
      refuse(request, refusal);
      return;
    }
    request.route->spec.handler(request.shared_from_this());
  } catch (const Error& error) {
    if (!error.reason().empty()) hooks_.problem(error.reason(), request.request_id());
    request.respond(Response::from(error));
  } catch (const std::exception& error) {
    fail(error.what());
  } catch (...) {
    fail("a handler threw something that is no exception");
  }
}

}  // namespace nexus::api
