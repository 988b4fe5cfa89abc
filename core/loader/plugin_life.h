// One plugin from its file to its end, step by step. The loader decides when; this knows how, and how to undo.
#pragma once

#include "core/loader/plugin_entry.h"
#include "core/loader/plugin_module.h"
#include "core/runtime/command.h"

#include <nexus/cpp/result.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

struct nx_plugin;

namespace nexus::storage {
class Migrator;
}

namespace nexus::core {

class PluginHost;
class Runtime;
struct Declarations;

// Functions of the loader's thread. A step is called once, in this order; a failed one is followed by undo alone.
class PluginLife {
 public:
  explicit PluginLife(std::string file);
  PluginLife(const PluginLife&) = delete;
  PluginLife& operator=(const PluginLife&) = delete;
  ~PluginLife();

  // Maps the file and makes the plugin; it must be the one that was probed.
  Result<void> create(Runtime& runtime, const PluginEntry& probed);
  Result<void> register_all();
  const Declarations& declarations() const;
  void set_config(std::string section_json);
  Result<void> migrate(storage::Migrator& migrator);
  Result<void> start();
  Result<void> change_config(std::string section_json);
  CommandOutcome run_command(const CommandLine& line);

  void quiesce() noexcept;
  // False where a callback has not returned by then; the plugin then stays mapped and must not be stopped.
  bool drain(std::chrono::steady_clock::time_point deadline);
  // False where stop has not returned by then; the plugin stays mapped for good.
  bool stop(std::chrono::steady_clock::time_point deadline);
  // Whether its code still runs after a start, a drain or a stop that did not end in time.
  bool stuck() const noexcept;
  // Destroys the plugin and forgets what it registered. Does nothing to one whose code still runs.
  void undo() noexcept;

 private:
  std::string id_;
  std::string file_;
  std::optional<PluginModule> module_;
  std::unique_ptr<PluginHost> host_;
  const nx_plugin* plugin_ = nullptr;
  bool known_to_host_ = false;  // which then destroys it
};

}  // namespace nexus::core
