// The PluginHost: what one plugin registered, and the guards around every call into it.
#pragma once

#include "core/runtime/bus.h"
#include "core/runtime/catalogues.h"
#include "core/runtime/claims.h"
#include "core/runtime/http_request.h"
#include "core/runtime/identities.h"
#include "core/runtime/permissions.h"
#include "core/runtime/plugin_host.h"
#include "core/runtime/plugin_timers.h"
#include "core/runtime/runtime.h"
#include "core/runtime/sealer.h"
#include "core/runtime/services.h"
#include "core/runtime/ws.h"

#include <nexus/api/json_schema.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nexus::core {

class Plugin;
namespace audit {
class Trail;
}

}  // namespace nexus::core

// The registration scope. It stays where it is after register_all, closed, so that a late use is refused.
struct nx_reg {
  nexus::core::Plugin* plugin = nullptr;
  std::atomic<bool> open{false};
  std::string reason;  // why the host last refused something

  // Keeps `why` and answers `status`.
  nx_status refuse(nx_status status, std::string why) {
    reason = std::move(why);
    return status;
  }
};

namespace nexus::core {

// What plugins share. All outlive every plugin.
struct Parts {
  const RuntimeOptions* options = nullptr;
  Logger* logger = nullptr;
  storage::Database* database = nullptr;
  const MasterKey* master = nullptr;
  WorkerPool* pool = nullptr;
  Bus* bus = nullptr;
  Services* services = nullptr;
  PluginTimers* timers = nullptr;
  Catalogues* catalogues = nullptr;
  Permissions* permissions = nullptr;
  Identities* identities = nullptr;
  Claims* claims = nullptr;
  std::shared_ptr<DeferredTable> deferred;
  std::atomic<api::Server*>* server = nullptr;
  audit::Trail* audit = nullptr;
  WebSockets* sockets = nullptr;
};

// Shared, because a stop that does not return keeps it alive. Functions of PluginHost: see there.
class Plugin final : public PluginHost, public std::enable_shared_from_this<Plugin> {
 public:
  Plugin(const Parts& parts, const std::string& id, const std::string& version);
  ~Plugin() override;

  const nx_host* abi() const noexcept override { return &host_; }
  Result<void> register_plugin(const nx_plugin& plugin) override;
  const Declarations& declarations() const noexcept override { return declarations_; }
  void set_config(std::string section_json) override;
  Result<void> change_config(std::string section_json) override;
  Result<void> start() override;
  CommandOutcome run_command(const CommandLine& line) override;
  void quiesce() noexcept override;
  bool drain(std::chrono::steady_clock::time_point deadline) override;
  bool stop(std::chrono::steady_clock::time_point deadline) override;
  bool stuck() const noexcept override { return stuck_; }
  void destroy() noexcept override;
  void withdraw() noexcept override;

  // For the interface tables.
  const Parts& parts() const noexcept { return parts_; }
  Owner& owner() const noexcept { return *owner_; }
  DeferredTable& deferred() const noexcept { return *parts_.deferred; }
  const Sealer& sealer() const noexcept { return sealer_; }
  const nx_log_api& log_table() const noexcept { return log_table_; }
  bool registered() const noexcept { return registered_.load(); }
  std::string config_section() const;
  nx_status publish(const nx_event& event, std::string_view request_id) const;

  // [reg]
  nx_status add_route(nx_reg& reg, const nx_route& route);
  nx_status add_endpoint(nx_reg& reg, const nx_ws_endpoint& endpoint);
  nx_status add_schemas(nx_reg& reg, std::string_view json);
  nx_status add_migration(nx_reg& reg, const nx_migration& migration);
  nx_status add_catalogue(nx_reg& reg, std::string_view locale, std::string_view json);
  nx_status declare_topic(nx_reg& reg, const nx_topic& topic);
  nx_status subscribe(nx_reg& reg, const nx_subscription& subscription);
  nx_status declare_permission(nx_reg& reg, const nx_permission& permission);
  nx_status provide_identity(nx_reg& reg, const nx_identity_provider& provider);
  nx_status provide_service(nx_reg& reg, const nx_service& service);
  nx_status bind_service(nx_reg& reg, std::string_view id, std::uint32_t min_minor, std::uint32_t flags,
                         nx_handle* out);
  nx_status add_command(nx_reg& reg, const nx_command& command);
  nx_status declare_config(nx_reg& reg, std::string_view schema);
  nx_status on_config_change(nx_reg& reg, nx_config_fn fn, void* user_data);

 private:
  struct OwnTopic {
    std::shared_ptr<Bus::Topic> topic;
    api::JsonSchema schema;
  };

  struct CommandTarget {
    std::string name;
    nx_command_fn fn = nullptr;
    void* user_data = nullptr;
  };

  // What register_all left, as the shared parts take it.
  struct Registered {
    std::vector<api::RouteSpec> routes;
    std::vector<std::string> schemas;
    std::vector<SubscriptionSpec> subscriptions;
    std::vector<ServiceSpec> services;
    std::vector<PermissionSpec> permissions;
    std::vector<CommandTarget> commands;
    TextsByLocale catalogues;
    std::optional<nx_identity_provider> identity;
    nx_config_fn on_change = nullptr;
    void* on_change_data = nullptr;
  };

  void clear() noexcept;
  bool owns(std::string_view name) const noexcept;
  void keep_route(api::RouteSpec spec);
  Result<void> check_registered() const;
  void take_summaries();
  Result<void> make_folder() const;
  Result<void> run_start();
  Result<void> publish_all();
  Result<void> publish_routes();
  void suspend_routes() const;
  std::size_t sweep();
  Error named(const Error& error, const std::string& what) const;

  const Parts parts_;
  const std::string version_;
  const std::string folder_;
  const std::shared_ptr<Owner> owner_;
  const Sealer sealer_;
  nx_host host_{};
  nx_log_api log_table_{};
  nx_reg reg_;
  nx_plugin plugin_{};
  std::atomic<bool> registered_{false};
  Declarations declarations_;
  Registered made_;
  std::map<std::string, OwnTopic, std::less<>> topics_;  // does not change after registration
  mutable std::mutex config_mutex_;
  std::string config_ = "{}";
  bool stuck_ = false;
};

}  // namespace nexus::core
