// What a plugin may do while register_all runs: each declaration is checked, claimed and copied.
#include "core/runtime/plugin.h"

#include <nexus/cpp/str.h>

#include <algorithm>
#include <array>

namespace nexus::core {
namespace {

constexpr std::uint32_t kLongestTimeoutMs = 300'000;
constexpr std::uint32_t kLargestBody = 1024 * 1024;
constexpr std::size_t kLongestName = 64;  // of a migration
constexpr std::array<std::string_view, 5> kMethods{"GET", "POST", "PUT", "PATCH", "DELETE"};

// "/servers/:id/x" and "/servers/:name/x" are one route.
std::string without_names(std::string_view pattern) {
  std::string out;
  bool in_name = false;
  for (const char c : pattern) {
    if (c == '/') in_name = false;
    if (!in_name) out.push_back(c);
    if (c == ':') in_name = true;
  }
  return out;
}

// "<name>/<number>"
bool has_revision(std::string_view name) noexcept {
  const auto slash = name.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == name.size()) return false;
  return std::all_of(name.begin() + static_cast<std::ptrdiff_t>(slash) + 1, name.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

bool is_step_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= kLongestName && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

const char* wrong_with(const nx_route& route) noexcept {
  if (std::find(kMethods.begin(), kMethods.end(), view(route.method)) == kMethods.end()) return "an unknown method";
  if (!view(route.pattern).starts_with('/')) return "a pattern that does not begin with '/'";
  if (route.fn == nullptr) return "no function";
  if (view(route.openapi_json).empty()) return "no OpenAPI operation";
  if (route.rate_class > NX_RATE_NONE) return "an unknown rate class";
  if (route.max_body > kLargestBody) return "a body limit above the host's";
  if (route.timeout_ms > kLongestTimeoutMs) return "a time-out above 300 s";
  return nullptr;
}

const char* wrong_with(const nx_ws_endpoint& endpoint) noexcept {
  constexpr std::uint32_t kLargestMessage = 1024 * 1024;
  constexpr std::uint32_t kLargestQueue = 16 * 1024 * 1024;
  if (!view(endpoint.pattern).starts_with('/')) return "a pattern that does not begin with '/'";
  if (endpoint.open == nullptr || endpoint.message == nullptr || endpoint.closed == nullptr)
    return "a function missing";
  if (view(endpoint.openapi_json).empty()) return "no OpenAPI operation";
  if (endpoint.max_message > kLargestMessage) return "a message limit above the host's";
  if (endpoint.receive_window > kLargestQueue || endpoint.send_limit > kLargestQueue) return "a queue above 16 MiB";
  return nullptr;
}

}  // namespace

bool Plugin::owns(std::string_view name) const noexcept {
  const auto& id = owner_->id();
  return name.size() > id.size() + 1 && name.starts_with(id) && name[id.size()] == '.';
}

void Plugin::keep_route(api::RouteSpec spec) {
  declarations_.routes.push_back(
      {spec.method, spec.pattern, spec.permission, spec.is_public, spec.needs_step_up, spec.needs_session});
  made_.routes.push_back(std::move(spec));
}

nx_status Plugin::add_route(nx_reg& reg, const nx_route& route) {
  if (!reg.open) return NX_E_PHASE;
  const auto name = std::string(view(route.method)) + " " + std::string(view(route.pattern));
  // A flag that this host does not know may be one that it must not ignore.
  constexpr std::uint32_t kKnownFlags = NX_ROUTE_INLINE | NX_ROUTE_PUBLIC | NX_ROUTE_STEP_UP | NX_ROUTE_SESSION;
  if ((route.flags & ~kKnownFlags) != 0) return reg.refuse(NX_E_UNSUPPORTED, "a flag of " + name);
  if (const char* wrong = wrong_with(route)) return reg.refuse(NX_E_INVALID, name + " has " + wrong);
  const auto key = std::string(view(route.method)) + " " + without_names(view(route.pattern));
  if (!parts_.claims->claim("route", key, owner_->id())) return reg.refuse(NX_E_CONFLICT, name + " exists already");

  auto target = std::make_shared<RouteTarget>();
  target->owner = owner_;
  target->deferred = parts_.deferred;
  target->fn = route.fn;
  target->user_data = route.user_data;
  // A serialised plugin's turn may have to be waited for, which an I/O thread must not: such a route runs on a worker.
  target->is_inline = (route.flags & NX_ROUTE_INLINE) != 0 && owner_->concurrent();
  api::RouteSpec spec;
  spec.owner = owner_->id();
  spec.method = view(route.method);
  spec.pattern = view(route.pattern);
  spec.permission = view(route.permission);
  spec.openapi_json = view(route.openapi_json);
  spec.rate_class = static_cast<api::RateClass>(route.rate_class);
  spec.is_public = (route.flags & NX_ROUTE_PUBLIC) != 0;
  spec.is_inline = target->is_inline;
  spec.needs_step_up = (route.flags & NX_ROUTE_STEP_UP) != 0;
  spec.needs_session = (route.flags & NX_ROUTE_SESSION) != 0;
  spec.max_body = route.max_body;
  if (route.timeout_ms != 0) spec.timeout = std::chrono::milliseconds(route.timeout_ms);
  spec.handler = [target = std::shared_ptr<const RouteTarget>(std::move(target))](
                     const std::shared_ptr<api::Exchange>& exchange) { run_route(target, exchange); };
  keep_route(std::move(spec));
  return NX_OK;
}

nx_status Plugin::add_endpoint(nx_reg& reg, const nx_ws_endpoint& endpoint) {
  if (!reg.open) return NX_E_PHASE;
  const std::string pattern(view(endpoint.pattern));
  constexpr std::uint32_t kKnownFlags =
      NX_WS_PUBLIC | NX_WS_STEP_UP | NX_WS_SECOND_FACTOR | NX_WS_SESSION | NX_WS_INLINE | NX_WS_CREDIT;
  if ((endpoint.flags & ~kKnownFlags) != 0) return reg.refuse(NX_E_UNSUPPORTED, "a flag of the endpoint " + pattern);
  if (const char* wrong = wrong_with(endpoint))
    return reg.refuse(NX_E_INVALID, "the endpoint " + pattern + " has " + wrong);
  if (!parts_.claims->claim("route", "GET " + without_names(pattern), owner_->id())) {
    return reg.refuse(NX_E_CONFLICT, "GET " + pattern + " exists already");
  }
  auto target = std::make_shared<EndpointTarget>();
  target->route.owner = owner_;
  target->route.deferred = parts_.deferred;
  target->table = endpoint;
  target->is_inline = (endpoint.flags & NX_WS_INLINE) != 0 && owner_->concurrent();
  target->sockets = parts_.sockets;
  api::WebSocketSpec socket;
  socket.subprotocols = split_names(view(endpoint.subprotocols));
  if (endpoint.max_message != 0) socket.max_message = endpoint.max_message;
  if (endpoint.receive_window != 0) socket.receive_window = endpoint.receive_window;
  if (endpoint.send_limit != 0) socket.send_limit = endpoint.send_limit;
  socket.needs_second_factor = (endpoint.flags & NX_WS_SECOND_FACTOR) != 0;
  api::RouteSpec spec;
  spec.owner = owner_->id();
  spec.method = "GET";
  spec.pattern = pattern;
  spec.permission = view(endpoint.permission);
  spec.openapi_json = view(endpoint.openapi_json);
  spec.is_public = (endpoint.flags & NX_WS_PUBLIC) != 0;
  spec.needs_step_up = (endpoint.flags & NX_WS_STEP_UP) != 0;
  spec.needs_session = (endpoint.flags & NX_WS_SESSION) != 0;
  spec.websocket = std::move(socket);
  spec.handler = [target = std::shared_ptr<const EndpointTarget>(std::move(target))](
                     const std::shared_ptr<api::Exchange>& exchange) { target->sockets->open(target, exchange); };
  keep_route(std::move(spec));
  return NX_OK;
}

nx_status Plugin::add_schemas(nx_reg& reg, std::string_view json) {
  if (!reg.open) return NX_E_PHASE;
  if (json.empty()) return reg.refuse(NX_E_INVALID, "empty schemas");
  made_.schemas.emplace_back(json);
  return NX_OK;
}

nx_status Plugin::add_migration(nx_reg& reg, const nx_migration& migration) {
  if (!reg.open) return NX_E_PHASE;
  const bool mysql = parts_.database->dialect() == storage::Dialect::mysql;
  storage::Migration step;
  step.version = migration.version;
  step.name = view(migration.name);
  step.up = view(mysql ? migration.mysql_up : migration.sqlite_up);
  step.down = view(mysql ? migration.mysql_down : migration.sqlite_down);
  if (!is_step_name(step.name)) return reg.refuse(NX_E_INVALID, "the migration name \"" + step.name + "\"");
  if (step.up.empty()) return reg.refuse(NX_E_INVALID, "the migration " + step.name + " has no text for this database");
  if (step.version != declarations_.migrations.size() + 1) {
    return reg.refuse(NX_E_INVALID, "the migration " + step.name + " is not number " +
                                        std::to_string(declarations_.migrations.size() + 1));
  }
  declarations_.migrations.push_back(std::move(step));
  return NX_OK;
}

nx_status Plugin::add_catalogue(nx_reg& reg, std::string_view locale, std::string_view json) {
  if (!reg.open) return NX_E_PHASE;
  auto texts = parse_catalogue(json);
  if (!texts.ok()) return reg.refuse(NX_E_INVALID, texts.error().what());
  for (const auto& [key, text] : *texts) {
    if (!owns(key))
      return reg.refuse(NX_E_INVALID, "the catalogue text " + key + " does not begin with the plugin's id");
  }
  made_.catalogues[std::string(locale)].merge(*texts);
  return NX_OK;
}

nx_status Plugin::declare_topic(nx_reg& reg, const nx_topic& declared) {
  if (!reg.open) return NX_E_PHASE;
  const auto name = view(declared.name);
  if (declared.flags != 0) return reg.refuse(NX_E_UNSUPPORTED, "a flag of the topic " + std::string(name));
  if (!owns(name) || !has_revision(name) || name.find('*') != std::string_view::npos) {
    return reg.refuse(NX_E_INVALID,
                      "the topic " + std::string(name) + " is not \"" + owner_->id() + ".<fact>/<revision>\"");
  }
  auto schema = api::JsonSchema::compile(view(declared.schema_json));
  if (!schema.ok())
    return reg.refuse(NX_E_INVALID, "the schema of topic " + std::string(name) + ": " + schema.error().what());
  if (!parts_.claims->claim("topic", name, owner_->id())) {
    return reg.refuse(NX_E_CONFLICT, "the topic " + std::string(name) + " exists already");
  }
  auto topic = std::make_shared<Bus::Topic>();
  topic->name = name;
  topic->source = owner_->id();
  topics_.emplace(std::string(name), OwnTopic{std::move(topic), std::move(*schema)});
  declarations_.topics.emplace_back(name);
  return NX_OK;
}

nx_status Plugin::subscribe(nx_reg& reg, const nx_subscription& subscription) {
  if (!reg.open) return NX_E_PHASE;
  const auto pattern = view(subscription.pattern);
  if (subscription.flags != 0)
    return reg.refuse(NX_E_UNSUPPORTED, "a flag of the subscription " + std::string(pattern));
  if (!is_pattern(pattern) || subscription.fn == nullptr || subscription.queue_length > kLongestQueue ||
      subscription.overflow > NX_OVERFLOW_DROP_OLDEST) {
    return reg.refuse(NX_E_INVALID, "the subscription " + std::string(pattern));
  }
  made_.subscriptions.push_back({std::string(pattern), subscription.queue_length, subscription.overflow,
                                 subscription.fn, subscription.user_data});
  declarations_.subscriptions.emplace_back(pattern);
  return NX_OK;
}

nx_status Plugin::declare_permission(nx_reg& reg, const nx_permission& permission) {
  if (!reg.open) return NX_E_PHASE;
  const std::string name(view(permission.name));
  if (permission.flags != 0) return reg.refuse(NX_E_UNSUPPORTED, "a flag of the permission " + name);
  if (!owns(name)) return reg.refuse(NX_E_INVALID, "the permission " + name + " does not begin with the plugin's id");
  // It stands in answers and in lists of scopes as it is.
  if (!is_permission_name(name)) return reg.refuse(NX_E_INVALID, "the permission " + name + " is not of [a-z0-9_.]");
  if (!parts_.claims->claim("permission", name, owner_->id())) {
    return reg.refuse(NX_E_CONFLICT, "the permission " + name + " exists already");
  }
  made_.permissions.push_back(
      {name, std::string(view(permission.title_key)), split_names(view(permission.default_roles))});
  declarations_.permissions.push_back(name);
  return NX_OK;
}

nx_status Plugin::provide_identity(nx_reg& reg, const nx_identity_provider& provider) {
  if (!reg.open) return NX_E_PHASE;
  if (provider.authenticate == nullptr) return reg.refuse(NX_E_INVALID, "an identity provider without a function");
  if (!parts_.claims->claim("identity", "", owner_->id())) {
    return reg.refuse(NX_E_CONFLICT, "there is an identity provider already");
  }
  made_.identity = provider;
  declarations_.provides_identity = true;
  return NX_OK;
}

nx_status Plugin::provide_service(nx_reg& reg, const nx_service& service) {
  if (!reg.open) return NX_E_PHASE;
  const std::string id(view(service.id));
  if (!owns(id) || !has_revision(id) || service.call == nullptr) {
    return reg.refuse(NX_E_INVALID,
                      "the service " + id + " is not \"" + owner_->id() + ".<name>/<major>\" with a function");
  }
  if (!parts_.claims->claim("service", id, owner_->id())) {
    return reg.refuse(NX_E_CONFLICT, "the service " + id + " exists already");
  }
  made_.services.push_back({id, service.minor, service.call, service.cancelled, service.stream, service.self});
  declarations_.provides.push_back({id, service.minor, false});
  return NX_OK;
}

nx_status Plugin::bind_service(nx_reg& reg, std::string_view id, std::uint32_t min_minor, std::uint32_t flags,
                               nx_handle* out) {
  if (!reg.open) return NX_E_PHASE;
  if (!has_revision(id) || out == nullptr) return reg.refuse(NX_E_INVALID, "the service " + std::string(id));
  if ((flags & ~NX_BIND_OPTIONAL) != 0) return reg.refuse(NX_E_UNSUPPORTED, "a flag of binding " + std::string(id));
  *out = parts_.services->bind(*owner_, std::string(id), min_minor);
  if (*out == 0) return NX_E_LIMIT;
  declarations_.binds.push_back({std::string(id), min_minor, (flags & NX_BIND_OPTIONAL) != 0});
  return NX_OK;
}

nx_status Plugin::declare_config(nx_reg& reg, std::string_view schema) {
  if (!reg.open) return NX_E_PHASE;
  if (schema.empty() || declarations_.config_schema) return reg.refuse(NX_E_CONFLICT, "one configuration schema only");
  declarations_.config_schema = schema;
  return NX_OK;
}

nx_status Plugin::on_config_change(nx_reg& reg, nx_config_fn fn, void* user_data) {
  if (!reg.open) return NX_E_PHASE;
  if (fn == nullptr) return reg.refuse(NX_E_INVALID, "a configuration handler without a function");
  made_.on_change = fn;
  made_.on_change_data = user_data;
  return NX_OK;
}

}  // namespace nexus::core
