#include "envelope.h"

#include "text.h"

#include <nexus/cpp/status.h>

#include <algorithm>
#include <array>

namespace nexus::api {
namespace {

constexpr std::string_view kJsonType = "Content-Type: application/json; charset=utf-8\r\n";
constexpr std::string_view kSecurityHeaders =
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";
constexpr std::string_view kNoStore = "Cache-Control: no-store\r\n";
// A year. Not for subdomains, which are not the panel's to speak for.
constexpr std::string_view kTransportSecurity = "Strict-Transport-Security: max-age=31536000\r\n";
// What is away comes back within seconds (a database, room in a queue) or when a person has seen to it (a plugin).
constexpr std::string_view kRetryAfter = "Retry-After: 5\r\n";

// Written by the edge or by the engine; a handler's own would contradict them.
constexpr std::array<std::string_view, 20> kOwnHeaders{"connection",
                                                       "content-length",
                                                       "content-security-policy",
                                                       "content-type",
                                                       "date",
                                                       "keep-alive",
                                                       "proxy-connection",
                                                       "referrer-policy",
                                                       "server",
                                                       "strict-transport-security",
                                                       "te",
                                                       "trailer",
                                                       "transfer-encoding",
                                                       "upgrade",
                                                       "x-content-type-options",
                                                       "x-ratelimit-limit",
                                                       "x-ratelimit-remaining",
                                                       "x-ratelimit-reset",
                                                       "x-request-id",
                                                       "x-powered-by"};

bool is_own_header(std::string_view name) {
  return std::any_of(kOwnHeaders.begin(), kOwnHeaders.end(),
                     [&](std::string_view own) { return equals_ignoring_case(own, name); });
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
  out += ",\"";
  out += name;
  out += "\":";
  append_json_string(out, text);
}

// The members of a JSON object's text, without its braces; empty where it is no object.
std::string_view members_of(std::string_view object) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = object.find_first_not_of(kSpace);
  const std::size_t last = object.find_last_not_of(kSpace);
  if (first == std::string_view::npos || last == first || object[first] != '{' || object[last] != '}') return {};
  const auto inner = object.substr(first + 1, last - first - 1);
  return inner.find_first_not_of(kSpace) == std::string_view::npos ? std::string_view{} : inner;
}

int status_of(const Response& response) {
  const int status = response.http_status != 0 ? response.http_status
                     : response.app_code != 0  ? http_status(response.app_code)
                                               : 200;
  return status >= 200 && status <= 599 ? status : 500;
}

void append_message(std::string& out, std::string_view locale, std::string_view key, const Response& response,
                    const Texts& texts) {
  const auto* own = texts.own(locale, key);
  if (own != nullptr && response.args.empty()) {
    append_json_string(out, *own);
  } else {
    append_json_string(out, texts.get(locale, key, response.args));
  }
}

void append_field(std::string& out, const FieldError& error, std::string_view message) {
  out += "{\"field\":";
  append_json_string(out, error.field);
  append_member(out, "rule", error.rule);
  append_member(out, "message", message);
  out += '}';
}

std::string success_body(const Response& response, int status, const AnswerContext& context, const Texts& texts) {
  std::string out;
  out.reserve(64 + response.data_json.size() + response.extra_json.size());
  out += "{\"code\":";
  out += std::to_string(status);
  out += ",\"message\":";
  append_message(out, context.locale, response.message_key.empty() ? "success" : response.message_key, response, texts);
  if (!response.data_json.empty()) {
    out += ",\"data\":";
    out += response.data_json;
  }
  return out;
}

std::string error_body(const Response& response, const AnswerContext& context, const Texts& texts) {
  const std::string own_key = "error." + std::to_string(response.app_code);
  const std::string details_key = response.details_key.empty() ? own_key + ".details" : response.details_key;
  std::string out = "{\"code\":";
  out += std::to_string(response.app_code);
  out += ",\"message\":";
  append_message(out, context.locale, response.message_key.empty() ? own_key : response.message_key, response, texts);
  out += ",\"details\":";
  append_message(out, context.locale, details_key, response, texts);
  append_member(out, "request_id", context.request_id);
  if (!response.field.empty()) {
    const bool has_text = !response.details_key.empty();
    out += ",\"errors\":[";
    append_field(out, {response.field, response.rule, {}},
                 texts.get(context.locale, has_text ? response.details_key : "rule." + response.rule, response.args));
    out += ']';
  }
  return out;
}

std::string envelope_of(const Response& response, int status, const AnswerContext& context, const Texts& texts) {
  std::string out =
      response.app_code == 0 ? success_body(response, status, context, texts) : error_body(response, context, texts);
  if (const auto members = members_of(response.extra_json); !members.empty()) {
    out += ',';
    out += members;
  }
  out += '}';
  return out;
}

void append_type(std::string& out, const std::string& content_type, std::string& dropped) {
  if (!is_header_value(content_type)) {
    dropped += "Content-Type ";
    out += "Content-Type: application/octet-stream\r\n";
    return;
  }
  const bool is_bare_text = content_type.starts_with("text/") && content_type.find("charset") == std::string::npos;
  append_header(out, "Content-Type", is_bare_text ? content_type + "; charset=utf-8" : content_type);
}

// Which of the edge's defaults a handler has replaced.
struct Replaced {
  bool cache_control = false;
  bool retry_after = false;
};

Replaced append_handlers_headers(std::string& out, const Response& response, std::string& dropped) {
  Replaced replaced;
  for (const auto& [name, value] : response.headers) {
    const bool is_cache = equals_ignoring_case(name, "cache-control");
    const bool is_retry = equals_ignoring_case(name, "retry-after");
    const bool is_repeated = (is_cache && replaced.cache_control) || (is_retry && replaced.retry_after);
    if (!is_header_name(name) || !is_header_value(value) || is_own_header(name) || is_repeated) {
      dropped += name + " ";
      continue;
    }
    replaced.cache_control = replaced.cache_control || is_cache;
    replaced.retry_after = replaced.retry_after || is_retry;
    append_header(out, name, value);
  }
  return replaced;
}

void append_common(std::string& out, const AnswerContext& context) {
  append_header(out, "X-Request-Id", context.request_id);
  if (context.rate_limit == 0) return;
  append_header(out, "X-RateLimit-Limit", std::to_string(context.rate_limit));
  append_header(out, "X-RateLimit-Remaining", std::to_string(context.rate_remaining));
  append_header(out, "X-RateLimit-Reset", std::to_string(context.rate_reset));
}

}  // namespace

AnswerMessage write_answer(const Response& response, const AnswerContext& context, const Texts& texts,
                           std::string& dropped) {
  const bool is_raw = !response.content_type.empty();
  AnswerMessage answer;
  answer.status = status_of(response);
  answer.fields.reserve(384);
  append_common(answer.fields, context);
  answer.fields += kSecurityHeaders;
  if (context.is_over_tls) answer.fields += kTransportSecurity;
  const auto replaced = append_handlers_headers(answer.fields, response, dropped);
  if (!replaced.cache_control) answer.fields += kNoStore;
  if (answer.status == 426) answer.fields += "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  if (answer.status == 503 && !replaced.retry_after) answer.fields += kRetryAfter;
  if (answer.status == 401) answer.fields += "WWW-Authenticate: Bearer\r\n";
  if (answer.status == 204 || answer.status == 304) return answer;
  is_raw ? append_type(answer.fields, response.content_type, dropped) : void(answer.fields += kJsonType);
  answer.body = is_raw ? response.body : envelope_of(response, answer.status, context, texts);
  return answer;
}

AnswerMessage last_resort(std::string_view request_id) noexcept {
  AnswerMessage answer;
  answer.status = 500;
  answer.close = true;
  try {
    append_header(answer.fields, "X-Request-Id", request_id);
    answer.fields += kSecurityHeaders;
    answer.fields += kNoStore;
    answer.fields += kJsonType;
    answer.body =
        R"({"code":50001,"message":"服务器内部错误","details":"","request_id":")" + std::string(request_id) + "\"}";
  } catch (...) {
    answer.fields.clear();
    answer.body.clear();
  }
  return answer;
}

Response error_response(std::int32_t app_code) {
  Response response;
  response.app_code = app_code;
  return response;
}

Response to_response(const Refusal& refusal, std::string_view locale, const Texts& texts) {
  Response response = error_response(refusal.app_code);
  response.details_key = refusal.details_key;
  response.args = refusal.args;
  if (refusal.errors.empty()) return response;
  response.extra_json = "{\"errors\":[";
  for (const auto& error : refusal.errors) {
    if (response.extra_json.back() == '}') response.extra_json += ',';
    append_field(response.extra_json, error, texts.get(locale, "rule." + error.rule, error.args));
  }
  response.extra_json += "]}";
  return response;
}

Response Response::from(const Error& error) {
  Response response = error_response(error.app_code());
  response.details_key = error.details_key();
  response.args = error.args();
  response.extra_json = error.extra_json();
  response.field = error.field();
  response.rule = error.rule();
  return response;
}

}  // namespace nexus::api
