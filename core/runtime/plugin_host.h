// One plugin as the runtime sees it: its nx_host, what it registered, and every call into it.
//
// The loader drives it through its life; a wrong order is a bug (asserted). Functions of the loader's thread, one at a
// time.
#pragma once

#include "core/runtime/command.h"

#include <nexus/cpp/result.h>
#include <nexus/nexus.h>
#include <nexus/storage/migrations.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nexus::core {

// What a plugin declared, for the loader, `plugin list` and the plugin pages of the API.
struct Declarations {
  struct Route {
    std::string method, pattern, permission;
    bool is_public = false;
    bool needs_step_up = false;
    bool needs_session = false;
  };
  struct Service {
    std::string id;
    std::uint32_t minor = 0;
    bool optional = false;  // of a binding
  };
  std::vector<Route> routes;
  std::vector<std::string> permissions;
  std::vector<std::string> topics;
  std::vector<std::string> subscriptions;
  std::vector<Service> provides;
  std::vector<Service> binds;
  std::vector<Command> commands;
  std::vector<storage::Migration> migrations;  // in the database's dialect
  std::optional<std::string> config_schema;
  bool provides_identity = false;
};

class PluginHost {
 public:
  virtual ~PluginHost() = default;  // withdraws what is left

  virtual const nx_host* abi() const noexcept = 0;

  // Runs register_all of `plugin` (which must outlive this object's use of it) and keeps what it declares; nothing is
  // visible to others yet. Fails with the reason the plugin or the host gave; then nothing is kept.
  virtual Result<void> register_plugin(const nx_plugin& plugin) = 0;
  virtual const Declarations& declarations() const noexcept = 0;

  // The configuration section as a JSON object, defaults filled in; before start.
  virtual void set_config(std::string section_json) = 0;
  // Gives the plugin a changed section; restart_needed where it asks for that.
  virtual Result<void> change_config(std::string section_json) = 0;

  // Runs start in a thread of its own, for at most RuntimeOptions::start_deadline, then makes routes, subscriptions,
  // services, permissions and catalogues visible, all or none. (Permissions, catalogues, own topics and bound services
  // are usable from within start.)
  virtual Result<void> start() = 0;

  // Runs one of its commands on a worker and waits for it, at most for its timeout and a second more. Of a plugin that
  // was started.
  virtual CommandOutcome run_command(const CommandLine& line) = 0;

  // The way down. quiesce: tell the plugin. drain: withdraw routes, services and subscriptions from others (callers get
  // 503 and NX_E_UNAVAILABLE), then wait until no callback is in flight; false at the deadline.
  virtual void quiesce() noexcept = 0;
  virtual bool drain(std::chrono::steady_clock::time_point deadline) = 0;
  // Runs stop in a thread of its own; false where it has not returned by the deadline.
  virtual bool stop(std::chrono::steady_clock::time_point deadline) = 0;
  // Whether plugin code still runs that should have ended: the plugin and this object must then stay where they are.
  virtual bool stuck() const noexcept = 0;
  // Runs destroy. Not where it is stuck.
  virtual void destroy() noexcept = 0;
  // Forgets everything that was registered, by owner; only its routes stay known, to answer 503. Safe at any time.
  virtual void withdraw() noexcept = 0;
};

}  // namespace nexus::core
