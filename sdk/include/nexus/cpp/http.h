// Requests, answers, and answers that come later.
#pragma once

#include <nexus/cpp/audit.h>

#include <atomic>
#include <charconv>
#include <optional>

namespace nexus {

// What a handler answers. Strings are owned, so that it can wait for its turn.
class Response {
 public:
  // 200 with `data`; `message_key` empty takes the catalogue's plain "success".
  static Response ok(std::string data_json, std::string message_key = {}) {
    return make(200, std::move(data_json), std::move(message_key));
  }
  static Response created(std::string data_json, std::string message_key = {}) {
    return make(201, std::move(data_json), std::move(message_key));
  }
  static Response accepted(std::string data_json, std::string message_key = {}) {
    return make(202, std::move(data_json), std::move(message_key));
  }
  // 200 without a `data` member.
  static Response done(std::string message_key = {}) { return make(200, {}, std::move(message_key)); }
  // As it is, without an envelope.
  static Response raw(std::string content_type, std::string body) {
    Response response;
    response.http_status_ = 200;
    response.content_type_ = std::move(content_type);
    response.body_ = std::move(body);
    return response;
  }
  static Response from(const Error& error) {
    Response response;
    response.app_code_ = error.app_code();
    response.details_key_ = error.details_key();
    response.args_ = error.args();
    response.extra_json_ = error.extra_json();
    response.field_ = error.field();
    response.rule_ = error.rule();
    return response;
  }

  Response&& with_header(std::string name, std::string value) && {
    headers_.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }

  // For the audit trail, not for the client.
  Response&& with_audit(AuditNote note) && {
    audit_ = std::move(note);
    return std::move(*this);
  }

  // Lends itself to `use` in the ABI's shape for the time of the call.
  template <class Use>
  auto lend(Use&& use) const {
    std::vector<nx_kv> args;
    for (const auto& arg : args_) args.push_back({to_abi(arg.name), to_value(std::string_view(arg.value))});
    std::vector<nx_kv> headers;
    for (const auto& [name, value] : headers_) headers.push_back({to_abi(name), to_value(std::string_view(value))});
    nx_response out{};
    out.struct_size = sizeof out;
    out.http_status = http_status_;
    out.app_code = app_code_;
    out.message_key = optional(message_key_);
    out.details_key = optional(details_key_);
    out.args = args.data();
    out.arg_count = static_cast<std::uint32_t>(args.size());
    out.headers = headers.data();
    out.header_count = static_cast<std::uint32_t>(headers.size());
    out.data_json = optional(data_json_);
    out.extra_json = optional(extra_json_);
    out.content_type = optional(content_type_);
    out.body = to_abi(body_);
    out.field = optional(field_);
    out.rule = optional(rule_);
    out.audit_target = optional(audit_.target);
    out.audit_details = optional(audit_.details_json);
    out.audit_user = optional(audit_.user);
    return use(static_cast<const nx_response&>(out));
  }

 private:
  static Response make(std::int32_t status, std::string data_json, std::string message_key) {
    Response response;
    response.http_status_ = status;
    response.data_json_ = std::move(data_json);
    response.message_key_ = std::move(message_key);
    return response;
  }
  static nx_str optional(const std::string& text) noexcept { return text.empty() ? nx_str{nullptr, 0} : to_abi(text); }

  std::int32_t http_status_ = 0;
  std::int32_t app_code_ = 0;
  std::string message_key_;
  std::string details_key_;
  std::vector<TextArg> args_;
  std::vector<std::pair<std::string, std::string>> headers_;
  std::string data_json_;
  std::string extra_json_;
  std::string content_type_;
  std::string body_;
  std::string field_;
  std::string rule_;
  AuditNote audit_;
};

// The right and the duty to answer one deferred request, from any thread. Copies share it; the first answer counts, and
// when the last copy goes without one, the client gets 500.
class Reply {
 public:
  Reply(const Host& host, nx_handle request) : state_(std::make_shared<State>(host, request)) {}

  void send(const Response& response) const {
    if (!state_->answered.exchange(true)) state_->complete(response);
  }
  void send(const Error& error) const { send(Response::from(error)); }
  void send(const Result<Response>& result) const { result.ok() ? send(result.value()) : send(result.error()); }

 private:
  struct State {
    State(const Host& its_host, nx_handle its_request) : host(its_host), request(its_request) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
      if (!answered.load()) give(Response::from(Error(Status::internal)));
    }

    // An answer that the host refuses (data that is no JSON, for example) becomes a 500, so that the client is not left
    // waiting.
    void complete(const Response& response) const {
      const auto status = give(response);
      if (status != NX_OK && status != NX_E_STALE) give(Response::from(Error(Status::internal)));
    }
    nx_status give(const Response& response) const {
      return response.lend([this](const nx_response& out) { return host.http->complete(host.raw, request, &out); });
    }

    Host host;
    nx_handle request;
    std::atomic<bool> answered{false};
  };

  std::shared_ptr<State> state_;
};

// Answers from `work`, a Result<Response>(), whose errors may also be thrown: what runs after the handler has returned
// is outside its guard. Failures of ours go to the log; what the client did wrong is none.
template <class Work>
void answer(const Reply& reply, Call& call, Work&& work) {
  try {
    const Result<Response> response = work();
    if (!response.ok() && response.error().app_code() >= code::kInternal) call.set_error(response.error().what());
    reply.send(response);
  } catch (const Error& error) {
    call.set_error(error.what());
    reply.send(error);
  } catch (const std::exception& error) {
    call.set_error(error.what());
    reply.send(Error(Status::exception));
  }
}

// One request; lives as long as its handler runs, and so do the views it gives.
class Request {
 public:
  Request(Call& call, nx_http* raw) noexcept : call_(&call), raw_(raw) {}

  Call& call() const noexcept { return *call_; }
  std::string_view method() const noexcept { return view(api().method(raw_)); }
  std::string_view path() const noexcept { return view(api().path(raw_)); }
  std::string_view path_param(std::string_view name) const noexcept {
    return view(api().path_param(raw_, to_abi(name)));
  }
  std::string_view body() const noexcept { return view(api().body(raw_)); }
  std::optional<std::string_view> query(std::string_view name) const noexcept {
    return optional(api().query(raw_, to_abi(name)));
  }
  std::optional<std::string_view> header(std::string_view name) const noexcept {
    return optional(api().header(raw_, to_abi(name)));
  }

  // A whole number of the path; not found where it is none, because then nothing has that address.
  Result<std::int64_t> id(std::string_view name = "id") const {
    const auto number = parse(path_param(name));
    if (!number) return Error(Status::not_found);
    return *number;
  }
  // A whole number of the query, `fallback` where absent (the route's schema has refused what is none).
  std::int64_t query_number(std::string_view name, std::int64_t fallback) const noexcept {
    const auto text = query(name);
    return text ? parse(*text).value_or(fallback) : fallback;
  }

  Result<void> reply(const Response& response) {
    const auto status = response.lend([this](const nx_response& out) { return api().reply(raw_, &out); });
    if (status == NX_E_PHASE) return Error(Status::phase, "answered twice");
    if (status != NX_OK) return Error(Status{status}, "the host refused the answer");
    return {};
  }
  Result<Reply> defer() {
    nx_handle handle = 0;
    if (const auto status = api().defer(raw_, &handle); status != NX_OK) return Error(Status{status}, "cannot defer");
    return Reply(call_->host(), handle);
  }

 private:
  const nx_http_api& api() const noexcept { return *call_->host().http; }
  static std::optional<std::string_view> optional(nx_str text) noexcept {
    return present(text) ? std::optional(view(text)) : std::nullopt;
  }
  static std::optional<std::int64_t> parse(std::string_view text) noexcept {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
  }

  Call* call_;
  nx_http* raw_;
};

}  // namespace nexus
