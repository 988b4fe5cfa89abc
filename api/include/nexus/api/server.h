// The edge as the host sees it: routes in, answers out.
//
// The pipeline, in this order (api/src/pipeline.cpp is the same list): target, route match (404, 405, OPTIONS), body
// limit, authenticate, rate limit, authorize, parameters, body, handler. The access log is written when a request is
// answered. Whoever is refused by authentication counts against the limit of their address.
#pragma once

#include <nexus/api/hooks.h>
#include <nexus/api/http_engine.h>
#include <nexus/api/route.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nexus::api {

// Requests per minute in a sliding window; 0 is unlimited.
struct RateLimits {
  std::uint32_t general_per_minute = 100;
  std::uint32_t auth_per_minute = 10;
  std::uint32_t websockets_per_user = 5;  // at the same time; by address where nobody is logged in
};

struct ServerOptions {
  EngineOptions engine;
  RateLimits rate_limits;
  // Addresses or networks (CIDR) whose X-Forwarded-For is believed.
  std::vector<std::string> trusted_proxies;
  std::string title = "NexusPanel API";
  std::string version;
};

// Thread-safe.
class Server {
 public:
  // Binds; fails with a reason. `hooks` must outlive the server and every exchange.
  static Result<std::unique_ptr<Server>> create(const ServerOptions& options, Hooks& hooks);
  virtual ~Server() = default;

  // Takes effect at once for new requests. Refused with a reason: a bad pattern, a method and pattern that exist, a
  // fragment that is no OpenAPI operation, a `pattern` without maxLength, a path parameter that it does not describe.
  virtual Result<void> add_route(RouteSpec route) = 0;
  // Schemas for "#/components/schemas/<name>"; a name that another owner has is refused.
  virtual Result<void> add_schemas(const std::string& owner, std::string_view schemas_json) = 0;
  // Forgets all of an owner's routes and schemas; its requests in flight go on.
  virtual void remove_owner(const std::string& owner) = 0;
  // The same, but `places` (routes that it had, or would have had) answer 503 until a route is added there or the owner
  // is removed. They are not in the document. A place where another owner has a route is that owner's.
  virtual void suspend_owner(const std::string& owner, const std::vector<RoutePlace>& places) = 0;

  virtual void start() = 0;
  virtual std::uint16_t port() const noexcept = 0;
  virtual bool drain(Clock::time_point deadline) = 0;
  virtual void set_rate_limits(const RateLimits& limits) = 0;
  // Closes every WebSocket whose principal `matches` (for public ones without a caller it is not asked). When it
  // returns, none of them delivers a message any more, also one whose upgrade was under way.
  virtual void close_websockets(const std::function<bool(const Principal&)>& matches, std::uint16_t code,
                                std::string_view reason) = 0;
  // The OpenAPI 3.1 document of the routes as they are now; made once for each change.
  virtual std::shared_ptr<const std::string> openapi() const = 0;
  virtual EngineCounters counters() const noexcept = 0;
  virtual std::size_t websockets() const noexcept = 0;  // open now
};

// The host's own message catalogues for the documented codes and validation rules ("error.40401", "rule.required",
// ...), flat JSON by language ("zh-CN", "en"); the hooks' translate must know them.
std::string_view catalogue(std::string_view locale);

}  // namespace nexus::api
