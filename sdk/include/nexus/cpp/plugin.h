// A plugin as one class: setup() declares everything, NEXUS_PLUGIN exports it.
//
//   class Hello : public nexus::Plugin {
//     void setup(nexus::Registrar& r) override {
//       r.resources(hello_resources());
//       r.permission("hello.read", "operator,user");
//       r.route("GET", "/api/v1/hello", {.permission = "hello.read"}, [](nexus::Request&) ->
//       nexus::Result<nexus::Response> {
//         return nexus::Response::ok(R"({"greeting":"hello"})");
//       });
//     }
//   };
//   NEXUS_PLUGIN(Hello, "hello", "1.0.0")
#pragma once

#include <nexus/cpp/callbacks.h>
#include <nexus/cpp/db.h>
#include <nexus/cpp/http.h>
#include <nexus/cpp/log.h>
#include <nexus/cpp/resources.h>
#include <nexus/cpp/secrets.h>

#include <algorithm>
#include <deque>
#include <span>
#include <vector>

namespace nexus {

struct RouteOptions {
  std::string_view permission = {};  // empty: anybody who is logged in
  bool is_public = false;            // needs no token
  bool is_inline = false;            // on the I/O thread: must not block, no database
  bool needs_step_up = false;        // dangerous: needs a recent authentication
  bool needs_session = false;        // for people who are logged in, not for API tokens
  std::uint32_t rate_class = NX_RATE_GENERAL;
  std::uint32_t max_body = 0;    // bytes; 0 takes the host's
  std::uint32_t timeout_ms = 0;  // 0 takes the host's
};

// Where a plugin declares what it has. Every function throws Error where the host refuses, which ends the registration
// and names the reason. Lives while setup() runs.
class Registrar {
 public:
  Registrar(const Host& host, nx_reg* raw, std::deque<detail::Callback>& callbacks) noexcept
      : host_(&host), raw_(raw), callbacks_(&callbacks) {}

  const Host& host() const noexcept { return *host_; }
  nx_reg* raw() const noexcept { return raw_; }

  // Migrations, catalogues, schemas and operations from the plugin's files. Call it first.
  void resources(const Resources& resources) {
    resources_ = &resources;
    for (const auto& step : resources.migrations) migration(step);
    for (const auto& text : resources.catalogues) {
      check(host_->i18n->add_catalogue(raw_, to_abi(text.locale), to_abi(text.json)), "catalogue", text.locale);
    }
    if (!resources.schemas.empty()) check(host_->http->add_schemas(raw_, to_abi(resources.schemas)), "schemas", "");
    if (!resources.config_schema.empty()) {
      check(host_->config->declare_schema(raw_, to_abi(resources.config_schema)), "configuration schema", "");
    }
  }

  void migration(const MigrationText& step) {
    nx_migration out{};
    out.struct_size = sizeof out;
    out.version = step.version;
    out.name = to_abi(step.name);
    out.sqlite_up = to_abi(step.sqlite_up);
    out.sqlite_down = to_abi(step.sqlite_down);
    out.mysql_up = to_abi(step.mysql_up);
    out.mysql_down = to_abi(step.mysql_down);
    check(host_->db->add_migration(raw_, &out), "migration", step.name);
  }

  // Its title is the catalogue text "<plugin>.permission.<rest of the name>". `default_roles` is comma-separated.
  void permission(std::string_view name, std::string_view default_roles) {
    const std::string id(host_->plugin_id());
    const auto rest = name.substr(std::min(name.size(), id.size() + 1));
    const std::string title = id + ".permission." + std::string(rest);
    nx_permission out{};
    out.struct_size = sizeof out;
    out.name = to_abi(name);
    out.title_key = to_abi(title);
    out.default_roles = to_abi(default_roles);
    check(host_->auth->declare_permission(raw_, &out), "permission", name);
  }

  // Answers from the handler. The operation of that method and path must be in the plugin's openapi.json.
  void route(std::string_view method, std::string_view pattern, const RouteOptions& options, RouteHandler handler) {
    auto& callback = add_callback();
    callback.route = std::move(handler);
    add_route(method, pattern, options, callback);
  }

  // Answers now or later, from any thread.
  void deferred_route(std::string_view method, std::string_view pattern, const RouteOptions& options,
                      DeferredHandler handler) {
    auto& callback = add_callback();
    callback.deferred = std::move(handler);
    add_route(method, pattern, options, callback);
  }

  // A WebSocket endpoint; openapi.json describes it as a GET operation. Throws on a host older than 1.2.
  void endpoint(std::string_view pattern, const WsOptions& options, WsOpenHandler open) {
    if (host_->ws == nullptr) throw Error(Status::unsupported, "this host has no WebSockets");
    auto& callback = add_callback();
    callback.ws_open = std::move(open);
    nx_ws_endpoint out{};
    out.struct_size = sizeof out;
    if (options.is_public) out.flags |= NX_WS_PUBLIC;
    if (options.needs_step_up) out.flags |= NX_WS_STEP_UP;
    if (options.needs_second_factor) out.flags |= NX_WS_SECOND_FACTOR;
    if (options.needs_session) out.flags |= NX_WS_SESSION;
    if (options.is_inline) out.flags |= NX_WS_INLINE;
    if (options.credit) out.flags |= NX_WS_CREDIT;
    out.pattern = to_abi(pattern);
    out.permission = to_abi(options.permission);
    out.openapi_json = to_abi(operation("GET", pattern));
    out.subprotocols = to_abi(options.subprotocols);
    out.max_message = options.max_message;
    out.receive_window = options.receive_window;
    out.send_limit = options.send_limit;
    out.open = &detail::run_ws_open;
    out.message = &detail::WsSessionBox::message;
    out.drained = &detail::WsSessionBox::drained;
    out.closed = &detail::WsSessionBox::closed;
    out.user_data = &callback;
    check(host_->ws->add_endpoint(raw_, &out), "endpoint", pattern);
  }

  void topic(std::string_view name, std::string_view schema_json) {
    const nx_topic out{sizeof out, 0, to_abi(name), to_abi(schema_json)};
    check(host_->events->declare_topic(raw_, &out), "topic", name);
  }

  void subscribe(std::string_view pattern, EventHandler handler, std::uint32_t queue_length = 0,
                 std::uint32_t overflow = NX_OVERFLOW_DROP_NEWEST) {
    auto& callback = add_callback();
    callback.event = std::move(handler);
    nx_subscription out{};
    out.struct_size = sizeof out;
    out.pattern = to_abi(pattern);
    out.queue_length = queue_length;
    out.overflow = overflow;
    out.fn = &detail::run_event;
    out.user_data = &callback;
    check(host_->events->subscribe(raw_, &out), "subscription", pattern);
  }

  // A host older than 1.2 offers no `streams`; whoever opens one then gets Status::unsupported.
  void provide(std::string_view id, std::uint32_t minor, ServiceHandler handler, StreamHandler streams = {}) {
    auto& callback = add_callback();
    callback.service = std::move(handler);
    callback.stream = std::move(streams);
    nx_service out{};
    out.struct_size = sizeof out;
    out.minor = minor;
    out.id = to_abi(id);
    out.call = &detail::run_service;
    if (callback.stream) out.stream = &detail::run_stream;
    out.self = &callback;
    check(host_->services->provide(raw_, &out), "service", id);
  }

  Binding bind(std::string_view id, std::uint32_t min_minor = 0, std::uint32_t flags = 0) {
    nx_handle handle = 0;
    check(host_->services->bind(raw_, to_abi(id), min_minor, flags, &handle), "service", id);
    return Binding(*host_, handle);
  }

  void identity_provider(IdentityHandler handler) {
    auto& callback = add_callback();
    callback.identity = std::move(handler);
    nx_identity_provider out{};
    out.struct_size = sizeof out;
    out.authenticate = &detail::run_identity;
    out.self = &callback;
    check(host_->auth->provide_identity(raw_, &out), "identity provider", "");
  }

  // A command of the operator's; its help is the catalogue text "<plugin>.command.<name>", with '_' for spaces. Left
  // out on a host older than 1.1.
  void command(std::string_view name, std::string_view arguments, std::uint32_t min_args, std::uint32_t max_args,
               CommandHandler handler) {
    if (host_->commands == nullptr) return;
    auto& callback = add_callback();
    callback.command = std::move(handler);
    std::string summary = std::string(host_->plugin_id()) + ".command." + std::string(name);
    std::replace(summary.begin(), summary.end(), ' ', '_');
    nx_command out{};
    out.struct_size = sizeof out;
    out.name = to_abi(name);
    out.arguments = to_abi(arguments);
    out.summary_key = to_abi(summary);
    out.min_args = min_args;
    out.max_args = max_args;
    out.fn = &detail::run_command;
    out.user_data = &callback;
    check(host_->commands->add_command(raw_, &out), "command", name);
  }

  void on_config_change(ConfigHandler handler) {
    auto& callback = add_callback();
    callback.config = std::move(handler);
    check(host_->config->on_change(raw_, &detail::run_config, &callback), "configuration handler", "");
  }

 private:
  detail::Callback& add_callback() {
    callbacks_->emplace_back();
    callbacks_->back().host = host_;
    return callbacks_->back();
  }

  void add_route(std::string_view method, std::string_view pattern, const RouteOptions& options,
                 detail::Callback& callback) {
    nx_route out{};
    out.struct_size = sizeof out;
    if (options.is_public) out.flags |= NX_ROUTE_PUBLIC;
    if (options.is_inline) out.flags |= NX_ROUTE_INLINE;
    if (options.needs_step_up) out.flags |= NX_ROUTE_STEP_UP;
    if (options.needs_session) out.flags |= NX_ROUTE_SESSION;
    out.method = to_abi(method);
    out.pattern = to_abi(pattern);
    out.permission = to_abi(options.permission);
    out.openapi_json = to_abi(operation(method, pattern));
    out.rate_class = options.rate_class;
    out.max_body = options.max_body;
    out.timeout_ms = options.timeout_ms;
    out.fn = &detail::run_route;
    out.user_data = &callback;
    check(host_->http->add_route(raw_, &out), method, pattern);
  }

  // The fragment of a route; "/servers/:id" in code is "/servers/{id}" in OpenAPI.
  std::string_view operation(std::string_view method, std::string_view pattern) const {
    std::string path;
    bool in_parameter = false;
    for (const char c : pattern) {
      if (in_parameter && c == '/') path += '}', in_parameter = false;
      if (c == ':') {
        path += '{', in_parameter = true;
      } else {
        path += c;
      }
    }
    if (in_parameter) path += '}';
    if (resources_ != nullptr) {
      for (const auto& candidate : resources_->operations) {
        if (candidate.method == method && candidate.path == path) return candidate.json;
      }
    }
    throw Error(Status::invalid, "openapi.json does not describe " + std::string(method) + " " + path);
  }

  static void check(nx_status status, std::string_view what, std::string_view name) {
    if (status == NX_OK) return;
    throw Error(Status{status}, "the host refused " + std::string(what) + " " + std::string(name) + " (" +
                                    std::string(to_string(Status{status})) + ")");
  }

  const Host* host_;
  nx_reg* raw_;
  std::deque<detail::Callback>* callbacks_;
  const Resources* resources_ = nullptr;
};

// Base of a plugin. Constructed without effects; setup declares; start may work; stop joins.
class Plugin {
 public:
  virtual ~Plugin() = default;

  virtual void setup(Registrar& registrar) = 0;
  virtual Result<void> start(Call&) { return {}; }
  virtual void quiesce() noexcept {}
  virtual void stop() noexcept {}
};

// Constants for NEXUS_PLUGIN's dependency list.
constexpr nx_dependency needs(const char* id, const char* min_version = nullptr) { return {id, min_version, 0, 0}; }
constexpr nx_dependency wants(const char* id, const char* min_version = nullptr) {
  return {id, min_version, NX_DEPENDENCY_OPTIONAL, 0};
}

namespace detail {

// The C table around a Plugin.
template <class Class>
class Adapter {
 public:
  static nx_status create(const nx_host* raw, const nx_plugin** out) noexcept {
    try {
      auto host = Host::from(raw);
      if (!host.ok()) return static_cast<nx_status>(host.error().status());
      auto adapter = std::unique_ptr<Adapter>(new Adapter(*host));
      *out = &adapter.release()->table_;
      return NX_OK;
    } catch (...) {
      return NX_E_EXCEPTION;
    }
  }

 private:
  explicit Adapter(const Host& host) : host_(host), plugin_(std::make_unique<Class>()) {
    table_.struct_size = sizeof table_;
    table_.flags = NX_PLUGIN_CONCURRENT;
    table_.self = this;
    table_.register_all = [](void* self, nx_reg* reg, nx_call* raw_call) noexcept -> nx_status {
      auto& me = *static_cast<Adapter*>(self);
      Call call(me.host_, raw_call);
      return guard(call, [&]() -> nx_status {
        Registrar registrar(me.host_, reg, me.callbacks_);
        me.plugin_->setup(registrar);
        return NX_OK;
      });
    };
    table_.start = [](void* self, nx_call* raw_call) noexcept -> nx_status {
      auto& me = *static_cast<Adapter*>(self);
      Call call(me.host_, raw_call);
      return guard(call, [&]() -> nx_status {
        const auto started = me.plugin_->start(call);
        return started.ok() ? NX_OK : failed(call, started.error());
      });
    };
    table_.quiesce = [](void* self) noexcept { static_cast<Adapter*>(self)->plugin_->quiesce(); };
    table_.stop = [](void* self) noexcept { static_cast<Adapter*>(self)->plugin_->stop(); };
    table_.destroy = [](void* self) noexcept { delete static_cast<Adapter*>(self); };
  }

  Host host_;
  nx_plugin table_{};
  std::deque<Callback> callbacks_;  // addresses stay
  std::unique_ptr<Plugin> plugin_;
};

}  // namespace detail
}  // namespace nexus

// Exports `Class` as the plugin `id`; further arguments are nexus::needs("users") and nexus::wants(...). Callbacks of a
// C++ plugin may run at the same time on several workers.
#define NEXUS_PLUGIN(Class, id_text, version_text, ...)                                                              \
  namespace {                                                                                                        \
  constexpr nx_dependency kNexusDependencies[] = {__VA_ARGS__ __VA_OPT__(, ) nx_dependency{nullptr, nullptr, 0, 0}}; \
  }                                                                                                                  \
  extern "C" NX_EXPORT const nx_entry nexus_plugin_entry = {                                                         \
      NX_MAGIC,                                                                                                      \
      sizeof(nx_entry),                                                                                              \
      NX_ABI_MAJOR,                                                                                                  \
      NX_ABI_MINOR,                                                                                                  \
      0,                                                                                                             \
      0,                                                                                                             \
      id_text,                                                                                                       \
      version_text,                                                                                                  \
      "nexus-cpp " __VERSION__,                                                                                      \
      kNexusDependencies,                                                                                            \
      sizeof(kNexusDependencies) / sizeof(kNexusDependencies[0]) - 1,                                                \
      0,                                                                                                             \
      &nexus::detail::Adapter<Class>::create};
