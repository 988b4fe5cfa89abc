// nexus.http of a FakeHost: routes, and requests that run through them.
#pragma once

#include <nexus/testing/fake_auth.h>
#include <nexus/testing/fake_texts.h>

#include <cctype>

namespace nexus::testing::detail {

inline std::string percent_decoded(std::string_view encoded) {
  std::string decoded;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    unsigned value = 0;
    const auto* hex = encoded.data() + i + 1;
    if (encoded[i] == '%' && i + 2 < encoded.size() && std::from_chars(hex, hex + 2, value, 16).ptr == hex + 2) {
      decoded += static_cast<char>(value);
      i += 2;
    } else {
      decoded += encoded[i] == '+' ? ' ' : encoded[i];
    }
  }
  return decoded;
}

inline std::vector<std::string> split(std::string_view whole, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const auto at = whole.find(separator);
    parts.emplace_back(whole.substr(0, at));
    if (at == std::string_view::npos) return parts;
    whole.remove_prefix(at + 1);
  }
}

// One request and its answer. Kept after its end, so that late use is named.
struct Exchange {
  World* world = nullptr;
  FakeCall* call = nullptr;
  HttpRequest request;
  std::string path;
  std::map<std::string, std::string> path_params;
  std::map<std::string, std::string> query;
  nx_handle handle = 0;  // set by defer
  bool in_handler = false;
  bool abandoned = false;  // nobody waits any more
  std::optional<Answer> answer;

  nx_http* raw() noexcept { return reinterpret_cast<nx_http*>(this); }
  static Exchange& of(const nx_http* raw) noexcept {
    return *const_cast<Exchange*>(reinterpret_cast<const Exchange*>(raw));
  }
  std::string name() const { return request.method + " " + path; }
};

class FakeHttp {
 public:
  struct Route {
    std::string method, pattern, permission, openapi;
    std::uint32_t flags = 0;
    std::uint32_t timeout_ms = 0;
    nx_http_fn fn = nullptr;
    void* user_data = nullptr;
  };

  explicit FakeHttp(World& world) : world_(world) {
    world.http = this;
    table.struct_size = sizeof table;
    table.add_route = &add_route;
    table.add_schemas = &add_schemas;
    table.method = [](const nx_http* raw) noexcept { return to_abi(known(raw, "http.method").request.method); };
    table.path = [](const nx_http* raw) noexcept { return to_abi(known(raw, "http.path").path); };
    table.path_param = [](const nx_http* raw, nx_str name) noexcept {
      return find(known(raw, "http.path_param").path_params, text(name));
    };
    table.query = [](const nx_http* raw, nx_str name) noexcept {
      return find(known(raw, "http.query").query, text(name));
    };
    table.header = [](const nx_http* raw, nx_str name) noexcept {
      return find(known(raw, "http.header").request.headers, lower(text(name)));
    };
    table.body = [](const nx_http* raw) noexcept {
      const auto& body = known(raw, "http.body").request.body;
      return body.empty() ? nx_str{nullptr, 0} : to_abi(body);
    };
    table.reply = &reply;
    table.defer = &defer;
    table.complete = &complete;
  }

  // Route, authenticate, authorize, run, wait. Does not validate against the OpenAPI fragment: the panel's edge does.
  Answer send(HttpRequest request) {
    const auto mark = request.target.find('?');
    const auto path = request.target.substr(0, mark);
    std::map<std::string, std::string> params;
    bool other_method = false;
    const auto* route = match(request.method, path, params, other_method);
    if (route == nullptr) return refused(other_method ? code::kMethodNotAllowed : code::kNotFound);
    if (request.who.user_id == 0 && (route->flags & NX_ROUTE_PUBLIC) == 0) return refused(code::kTokenInvalid);
    if (!route->permission.empty() && !world_.auth->holds(request.who, route->permission)) {
      return refused(code::kForbidden);
    }
    const bool needs_session =
        (route->flags & NX_ROUTE_SESSION) != 0 ||
        (route->permission.empty() && (route->flags & NX_ROUTE_PUBLIC) == 0 && request.method != "GET");
    if (needs_session && request.who.scopes) return refused(code::kForbidden);
    if ((route->flags & NX_ROUTE_STEP_UP) != 0 && request.who.elevated_until_us <= world_.now_us) {
      return refused(code::kStepUpNeeded);
    }
    auto& exchange = open(std::move(request), path, std::move(params), mark);
    exchange.call->on_io_thread = (route->flags & NX_ROUTE_INLINE) != 0;
    constexpr std::int64_t kDefaultTimeoutMs = 30'000;
    const std::int64_t timeout_ms = route->timeout_ms == 0 ? kDefaultTimeoutMs : route->timeout_ms;
    exchange.call->deadline_us = world_.monotonic_us() + timeout_ms * 1000;
    return run(*route, exchange);
  }

  // Answers that were promised with defer and never given.
  void check_answered() {
    for (const auto& exchange : exchanges_) {
      if (exchange->handle != 0 && !exchange->answer && !exchange->abandoned) {
        world_.fail(exchange->name() + " was deferred and never answered");
      }
    }
  }

  static Answer refused(std::int32_t app_code) {
    Answer answer;
    answer.app_code = app_code;
    answer.http_status = http_status(app_code);
    return answer;
  }

  nx_http_api table{};
  std::vector<Route> routes;
  Json schemas = Json::object();

 private:
  static std::string lower(std::string name) {
    for (auto& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return name;
  }
  static nx_str find(const std::map<std::string, std::string>& values, const std::string& name) noexcept {
    const auto found = values.find(name);
    return found == values.end() ? nx_str{nullptr, 0} : to_abi(found->second);
  }

  // A literal wins over a parameter.
  const Route* match(const std::string& method, const std::string& path, std::map<std::string, std::string>& params,
                     bool& other_method) const {
    const Route* best = nullptr;
    for (const auto& route : routes) {
      std::map<std::string, std::string> found;
      if (!fits(route.pattern, path, found)) continue;
      if (route.method != method) {
        other_method = true;
      } else if (best == nullptr || found.size() < params.size()) {
        best = &route;
        params = std::move(found);
      }
    }
    return best;
  }
  static bool fits(const std::string& pattern, const std::string& path, std::map<std::string, std::string>& params) {
    const auto wanted = split(pattern, '/'), given = split(path, '/');
    if (wanted.size() != given.size()) return false;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (!wanted[i].starts_with(':')) {
        if (wanted[i] != given[i]) return false;
      } else if (given[i].empty()) {
        return false;
      } else {
        params[wanted[i].substr(1)] = percent_decoded(given[i]);
      }
    }
    return true;
  }

  Exchange& open(HttpRequest request, const std::string& path, std::map<std::string, std::string> params,
                 std::size_t mark) {
    const auto guard = world_.lock();
    auto& exchange = *exchanges_.emplace_back(std::make_unique<Exchange>());
    exchange.world = &world_;
    exchange.path = path;
    exchange.path_params = std::move(params);
    if (mark != std::string::npos) {
      for (const auto& pair : split(std::string_view(request.target).substr(mark + 1), '&')) {
        const auto equals = pair.find('=');
        exchange.query[percent_decoded(pair.substr(0, equals))] =
            equals == std::string::npos ? "" : percent_decoded(std::string_view(pair).substr(equals + 1));
      }
    }
    std::map<std::string, std::string> headers;
    for (auto& [name, value] : request.headers) headers[lower(name)] = value;
    request.headers = std::move(headers);
    exchange.request = std::move(request);
    exchange.call = &world_.new_call(exchange.name(), exchange.request.who);
    exchange.call->remote_address = exchange.request.remote_address;
    return exchange;
  }

  Answer run(const Route& route, Exchange& exchange) {
    exchange.in_handler = true;
    const auto status = route.fn(route.user_data, exchange.call->raw(), exchange.raw());
    exchange.in_handler = false;
    world_.end_call(*exchange.call);
    if (!exchange.answer && status != NX_OK) return refused(app_code(Status{status}));
    if (!exchange.answer && exchange.handle == 0) {
      world_.fail(exchange.name() + " returned without an answer");
      return refused(code::kInternal);
    }
    if (!world_.await([&] { return exchange.answer.has_value(); })) {
      world_.fail(exchange.name() + " was deferred and not answered in time");
      exchange.abandoned = true;
      return refused(code::kRemoteTimeout);
    }
    world_.settle();
    const auto guard = world_.lock();
    return *exchange.answer;
  }

  static Exchange& known(const nx_http* raw, const char* function) noexcept {
    auto& exchange = Exchange::of(raw);
    if (!exchange.in_handler)
      exchange.world->fail(std::string(function) + ": the handler of " + exchange.name() + " has returned");
    return exchange;
  }

  static nx_status add_route(nx_reg* reg, const nx_route* given) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("http.add_route"); status != NX_OK) return status;
    const auto raw = copy_in(*given);
    Route route{
        text(raw.method), text(raw.pattern), text(raw.permission), text(raw.openapi_json), raw.flags, raw.timeout_ms,
        raw.fn,           raw.user_data};
    for (const auto& other : world.http->routes) {
      if (other.method == route.method && other.pattern == route.pattern) return NX_E_CONFLICT;
    }
    if (!Json::parse(route.openapi, nullptr, false).is_object() || route.fn == nullptr) {
      world.fail("route " + route.method + " " + route.pattern + " needs an OpenAPI operation and a function");
      return NX_E_INVALID;
    }
    world.http->routes.push_back(std::move(route));
    return NX_OK;
  }
  static nx_status add_schemas(nx_reg* reg, nx_str json) noexcept {
    auto& world = World::of(reg);
    if (const auto status = world.enter_registration("http.add_schemas"); status != NX_OK) return status;
    const auto parsed = Json::parse(view(json), nullptr, false);
    if (!parsed.is_object()) return NX_E_INVALID;
    for (const auto& [name, schema] : parsed.items()) {
      if (world.http->schemas.contains(name)) return NX_E_CONFLICT;
      world.http->schemas[name] = schema;
    }
    return NX_OK;
  }

  static bool read_json(nx_str given, Json& out) {
    if (!present(given)) return true;
    out = Json::parse(view(given), nullptr, false);
    return !out.is_discarded();
  }
  static nx_status take(Exchange& exchange, const nx_response& given, const char* function) {
    auto& world = *exchange.world;
    const auto raw = copy_in(given);
    Answer answer;
    answer.app_code = raw.app_code;
    answer.http_status = raw.http_status != 0 ? raw.http_status : raw.app_code != 0 ? http_status(raw.app_code) : 200;
    if (!read_json(raw.data_json, answer.data) || !read_json(raw.extra_json, answer.extra)) {
      world.fail(std::string(function) + ": the data of " + exchange.name() + " is no JSON");
      return NX_E_INVALID;
    }
    const auto& locale = exchange.call->locale;
    const auto words = [&](nx_str key) {
      return present(key) ? world.texts->text_of(locale, text(key), raw.args, raw.arg_count) : std::string{};
    };
    answer.message = words(raw.message_key);
    answer.details = words(raw.details_key);
    answer.field = text(raw.field);
    answer.rule = text(raw.rule);
    answer.audit = {text(raw.audit_target), text(raw.audit_details), text(raw.audit_user)};
    Json details;
    if (!read_json(raw.audit_details, details) || (present(raw.audit_details) && !details.is_object())) {
      world.fail(std::string(function) + ": the audit details of " + exchange.name() + " are no JSON object");
      return NX_E_INVALID;
    }
    answer.content_type = text(raw.content_type);
    answer.body = text(raw.body);
    for (std::uint32_t i = 0; i < raw.header_count; ++i) {
      answer.headers[text(raw.headers[i].key)] = to_text(raw.headers[i].value);
    }
    exchange.answer = std::move(answer);
    return NX_OK;
  }

  static nx_status reply(nx_http* raw, const nx_response* response) noexcept {
    auto& exchange = Exchange::of(raw);
    auto& world = *exchange.world;
    if (const auto status = world.enter("http.reply"); status != NX_OK) return status;
    const auto guard = world.lock();
    if (!exchange.in_handler || exchange.answer || exchange.handle != 0) {
      world.fail("http.reply: " + exchange.name() + " was answered or deferred already");
      return NX_E_PHASE;
    }
    return take(exchange, *response, "http.reply");
  }
  static nx_status defer(nx_http* raw, nx_handle* out) noexcept {
    auto& exchange = Exchange::of(raw);
    auto& world = *exchange.world;
    if (const auto status = world.enter("http.defer"); status != NX_OK) return status;
    const auto guard = world.lock();
    if (!exchange.in_handler || exchange.answer || exchange.handle != 0) {
      world.fail("http.defer: " + exchange.name() + " was answered or deferred already");
      return NX_E_PHASE;
    }
    *out = exchange.handle = world.next_handle++;
    return NX_OK;
  }
  static nx_status complete(const nx_host* host, nx_handle request, const nx_response* response) noexcept {
    auto& world = World::of(host);
    if (const auto status = world.enter("http.complete"); status != NX_OK) return status;
    const auto guard = world.lock();
    for (const auto& exchange : world.http->exchanges_) {
      if (exchange->handle != request || request == 0) continue;
      if (exchange->abandoned) return NX_E_STALE;
      if (exchange->answer) {
        world.fail("http.complete: " + exchange->name() + " was answered already");
        return NX_E_STALE;
      }
      const auto status = take(*exchange, *response, "http.complete");
      world.notify();
      return status;
    }
    world.fail("http.complete: no such request");
    return NX_E_STALE;
  }

  World& world_;
  std::deque<std::unique_ptr<Exchange>> exchanges_;
};

}  // namespace nexus::testing::detail
