#include "registry.h"

#include "openapi.h"

#include <algorithm>
#include <array>

namespace nexus::api {
namespace {

constexpr std::array<std::string_view, 5> kRouteMethods{"GET", "POST", "PUT", "PATCH", "DELETE"};

// A request may not last longer, whatever its route says.
constexpr std::chrono::milliseconds kMaxTimeout{300'000};

Result<void> check_spec(const RouteSpec& spec) {
  if (std::find(kRouteMethods.begin(), kRouteMethods.end(), spec.method) == kRouteMethods.end()) {
    return Error(Status::invalid, "method \"" + spec.method + "\" is not GET, POST, PUT, PATCH or DELETE");
  }
  if (spec.websocket && spec.method != "GET") return Error(Status::invalid, "a WebSocket endpoint is a GET");
  if (!spec.handler) return Error(Status::invalid, "has no handler");
  if (spec.is_public && !spec.permission.empty())
    return Error(Status::invalid, "a public route cannot need a permission");
  if (spec.timeout <= std::chrono::milliseconds::zero() || spec.timeout > kMaxTimeout) {
    return Error(Status::invalid, "the timeout is not within 1 ms and 300 s");
  }
  return {};
}

Result<std::shared_ptr<const RouteEntry>> compile(RouteSpec spec, const SchemaStore& schemas) {
  NEXUS_TRY(check_spec(spec));
  auto entry = std::make_shared<RouteEntry>();
  NEXUS_ASSIGN(entry->segments, parse_pattern(spec.pattern));
  std::vector<std::string> parameters;
  for (const auto& segment : entry->segments) {
    if (segment.is_parameter) parameters.push_back(segment.text);
  }
  NEXUS_ASSIGN(entry->rules, RequestRules::compile(spec.openapi_json, parameters, schemas));
  entry->fragment = std::move(spec.openapi_json);
  entry->spec = std::move(spec);
  entry->operation = operation_id(*entry);
  return std::shared_ptr<const RouteEntry>(std::move(entry));
}

// Null where there can be no such route.
std::shared_ptr<const RouteEntry> suspended(const std::string& owner, const RoutePlace& place) {
  auto segments = parse_pattern(place.pattern);
  if (!segments) return nullptr;
  auto entry = std::make_shared<RouteEntry>();
  entry->spec.owner = owner;
  entry->spec.method = place.method;
  entry->spec.pattern = place.pattern;
  entry->segments = std::move(segments).value();
  entry->is_suspended = true;
  return entry;
}

bool has_place(const std::vector<std::shared_ptr<const RouteEntry>>& routes, const RouteEntry& route) {
  return std::any_of(routes.begin(), routes.end(), [&](const auto& other) { return is_same_place(*other, route); });
}

}  // namespace

Registry::Registry(Router& router, const Texts& texts, std::string title, std::string version)
    : router_(router), texts_(texts), title_(std::move(title)), version_(std::move(version)) {}

Result<void> Registry::publish(const Routes& routes) {
  auto tree = std::make_shared<RouteTree>();
  for (const auto& route : routes) NEXUS_TRY(tree->add(route));
  // One that is refused is at the place of another.
  for (const auto& route : suspended_) static_cast<void>(tree->add(route));
  router_.replace(std::move(tree));
  document_.reset();
  return {};
}

Result<void> Registry::add_route(RouteSpec route) {
  const std::string name = route.method + " " + route.pattern + ": ";
  const std::lock_guard lock(mutex_);
  auto entry = compile(std::move(route), schemas_);
  if (!entry) return Error(entry.error().status(), name + entry.error().reason());
  auto routes = routes_;
  routes.push_back(std::move(entry).value());
  NEXUS_TRY(publish(routes));
  routes_ = std::move(routes);
  std::erase_if(suspended_, [&](const auto& other) { return is_same_place(*routes_.back(), *other); });
  return {};
}

Result<void> Registry::add_schemas(const std::string& owner, std::string_view schemas_json) {
  const std::lock_guard lock(mutex_);
  NEXUS_TRY(schemas_.add(owner, schemas_json));
  document_.reset();
  return {};
}

void Registry::forget(const std::string& owner) {
  const auto is_its = [&](const auto& route) { return route->spec.owner == owner; };
  std::erase_if(routes_, is_its);
  std::erase_if(suspended_, is_its);
  schemas_.remove_owner(owner);
}

void Registry::remove_owner(const std::string& owner) { suspend_owner(owner, {}); }

void Registry::suspend_owner(const std::string& owner, const std::vector<RoutePlace>& places) {
  const std::lock_guard lock(mutex_);
  forget(owner);
  for (const auto& place : places) {
    if (auto route = suspended(owner, place); route && !has_place(routes_, *route)) {
      suspended_.push_back(std::move(route));
    }
  }
  // Fewer routes cannot be in each other's way.
  if (const auto published = publish(routes_); !published) document_.reset();
}

std::shared_ptr<const std::string> Registry::openapi() const {
  const std::lock_guard lock(mutex_);
  if (!document_) {
    document_ = std::make_shared<const std::string>(make_openapi(title_, version_, routes_, schemas_, texts_));
  }
  return document_;
}

}  // namespace nexus::api
