// All plugins of a panel: found, tried, ordered, started, and ended again.
//
// One that fails at any step is undone and remembered with its reason; what needs it fails too, everything else runs.
#pragma once

#include "core/config/node.h"
#include "core/loader/plugin_entry.h"
#include "core/log/logger.h"
#include "core/runtime/command.h"

#include <nexus/cpp/result.h>

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace nexus::storage {
class Database;
}

namespace nexus::core {

class PluginLife;
class Runtime;
struct Candidate;

enum class PluginState {
  discovered,
  disabled,  // installed, but not enabled
  probed,
  created,
  registered,
  migrated,
  running,
  quiescing,
  drained,
  stopped,
  destroyed,
  failed,
};
std::string_view to_string(PluginState state) noexcept;

struct PluginRoute {
  std::string method, pattern, permission;
  bool is_public = false;
  bool needs_step_up = false;
  bool needs_session = false;
};

struct PluginStatus {
  std::string id;  // of a file that could not be read: its name
  std::string version;
  std::string file;
  PluginState state = PluginState::discovered;
  std::string reason;  // why it failed or is disabled
  std::vector<Dependency> dependencies;
  std::vector<std::string> dependents;
  std::vector<PluginRoute> routes;
  std::vector<std::string> permissions;
  std::vector<std::string> topics;
  std::vector<Command> commands;
};

struct LoaderOptions {
  std::vector<std::string> folders;
  std::optional<std::vector<std::string>> enabled;  // nullopt: all
  std::string program = "/proc/self/exe";           // what tries a plugin in a child
};

// A plugin's stop may take so long (nexus/plugin.h says so to authors).
inline constexpr std::chrono::seconds kStopDeadline{10};

// `status` may be called from any thread, the rest by one thread.
class Loader {
 public:
  Loader(LoaderOptions options, Runtime& runtime, storage::Database& database, Logger& logger);
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;
  ~Loader();  // stops what still runs, with the usual deadline

  // Up to and including registration: nothing is visible to others yet and no table is touched.
  void prepare();
  // Checks each plugin's section by its schema and hands it over. A section of no installed plugin is a problem.
  void configure(const std::vector<Node::Member>& sections, Problems& problems);
  // Migrates and starts, in order.
  void start();
  // After prepare: `id` and every plugin that it needs or wants, directly or not, as a dependency or because it offers
  // a service that is bound.
  std::vector<std::string> needed_for(const std::string& id) const;
  // Runs a command of a plugin that was started; see PluginHost.
  CommandOutcome run_command(const std::string& id, const CommandLine& line);
  // Hands changed sections to running plugins; nothing is changed where one of them is wrong.
  void reconfigure(const std::vector<Node::Member>& sections, Problems& problems);
  // In reverse order. False where the code of a plugin still runs at the deadline: it is named in the log, and the
  // process must leave without running destructors.
  bool stop(std::chrono::steady_clock::time_point deadline);

  std::vector<PluginStatus> status() const;

 private:
  struct Plugin;

  void take_installed();
  void create_enabled();
  void register_created();
  void apply_order(bool with_bindings);
  std::vector<Candidate> candidates(bool with_bindings) const;
  void refuse_unprovided();
  std::string unprovided(const Plugin& plugin) const;
  std::map<std::string, std::string> check_sections(const std::vector<Node::Member>& sections,
                                                    Problems& problems) const;
  void check_owner(const Node::Member& section, Problems& problems) const;
  bool stop_one(Plugin& plugin, std::chrono::steady_clock::time_point deadline);

  Plugin* find(std::string_view id) const noexcept;
  void enter(Plugin& plugin, PluginState state);
  void fail(Plugin& plugin, const std::string& reason);
  std::string failed_dependency(const Plugin& plugin) const;

  const LoaderOptions options_;
  Runtime& runtime_;
  storage::Database& database_;
  Logger& logger_;
  mutable std::mutex mutex_;                      // guards the status of each plugin and the list
  std::vector<std::unique_ptr<Plugin>> plugins_;  // all that were found
  std::vector<Plugin*> order_;                    // those that can start, dependencies first
  bool stuck_ = false;                            // code of one that failed still runs
};

}  // namespace nexus::core
