// What a route is to the edge.
#pragma once

#include <nexus/api/exchange.h>
#include <nexus/api/websocket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace nexus::api {

enum class RateClass { general, auth, none };

// Where a route is, apart from what it does.
struct RoutePlace {
  std::string method;
  std::string pattern;
};

struct RouteSpec {
  std::string owner;    // plugin id, or "host"
  std::string method;   // GET, POST, PUT, PATCH, DELETE
  std::string pattern;  // "/api/v1/servers/:id"
  std::string permission;
  std::string openapi_json;
  RateClass rate_class = RateClass::general;
  bool is_public = false;      // needs no token
  bool is_inline = false;      // runs on the I/O thread
  bool needs_step_up = false;  // dangerous: 40302 without a recent authentication
  bool needs_session = false;  // not for API tokens
  bool is_audited = false;     // stands in the audit trail although it only reads, because it takes something away
  std::uint32_t max_body = 0;
  std::optional<WebSocketSpec> websocket;  // method is GET; the handler accepts (Exchange::accept) or responds
  std::chrono::milliseconds timeout{30'000};
  // Must see to it that the exchange is answered; past the timeout the edge answers 504 by itself.
  std::function<void(const std::shared_ptr<Exchange>&)> handler;
};

}  // namespace nexus::api
