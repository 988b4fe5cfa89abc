// One request on its way through the pipeline to its answer.
#pragma once

#include <nexus/cpp/result.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nexus::api {

using Clock = std::chrono::steady_clock;

// Who is calling. Immutable and shared once made.
struct Principal {
  std::int64_t user_id = 0;
  std::string user_name;
  std::string role;
  std::string session_id;
  std::string token_id;
  std::string locale;
  std::int64_t authenticated_us = 0;
  std::int64_t elevated_until_us = 0;  // dangerous actions are open until then; 0: closed
  bool has_second_factor = false;      // elevated_until_us says how long one that was shown counts
  bool is_scoped = false;              // an API token: holds a permission only where `scopes` names it too
  std::vector<std::string> scopes;     // names of permissions, or "*"
};

// What a handler answers; the edge writes the envelope around it (see nx_response in nexus/http.h for the meaning).
struct Response {
  int http_status = 0;        // 0: 200, or that of app_code
  std::int32_t app_code = 0;  // 0: success
  std::string message_key;
  std::string details_key;
  std::vector<TextArg> args;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string data_json;
  std::string extra_json;
  std::string content_type;  // not empty: `body` goes out raw
  std::string body;
  std::string field;  // of a validation error: becomes "errors": [{"field", "rule", "message": <details>}]
  std::string rule;
  // For the audit trail, not for the client (see nx_response).
  std::string audit_target;
  std::string audit_details;
  std::string audit_user;

  static Response from(const Error& error);
};

class WebSocketHandler;
class WebSocketSession;

// Created by the edge for each request, shared until it is answered. Reading is safe from any thread once the handler
// was called: nothing changes after that.
class Exchange {
 public:
  virtual ~Exchange() = default;

  virtual std::string_view method() const noexcept = 0;
  virtual std::string_view path() const noexcept = 0;  // decoded
  // Decoded values; nullopt where absent.
  virtual std::optional<std::string_view> path_param(std::string_view name) const noexcept = 0;
  virtual std::optional<std::string_view> query(std::string_view name) const noexcept = 0;
  virtual std::optional<std::string_view> header(std::string_view name) const noexcept = 0;
  virtual std::string_view body() const noexcept = 0;

  virtual std::string_view request_id() const noexcept = 0;
  virtual std::string_view trace_parent() const noexcept = 0;  // empty where absent
  virtual std::string_view locale() const noexcept = 0;        // "zh-CN" or "en"
  virtual std::string_view remote_address() const noexcept = 0;
  virtual const std::shared_ptr<const Principal>& principal() const noexcept = 0;  // null: nobody is logged in
  virtual Clock::time_point deadline() const noexcept = 0;
  virtual bool abandoned() const noexcept = 0;  // the client is gone, or it was answered

  // Answers, from any thread; false where it was answered before (by a deadline, for example).
  virtual bool respond(Response response) = 0;

  // Of a WebSocket route, else null: the session that begins when accept is called. Made at the first call.
  virtual std::shared_ptr<WebSocketSession> websocket() = 0;
  // Answers 101 and begins the session, from any thread; false where it was answered before, and then the handler is
  // not called.
  virtual bool accept(std::shared_ptr<WebSocketHandler> handler) = 0;
};

}  // namespace nexus::api
