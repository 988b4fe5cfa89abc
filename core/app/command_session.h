// Where a plugin's command runs: the panel's storage and runtime without its edge, and only the plugins that the
// command needs. Works beside a running panel, so it does not take the data folder's lock.
#pragma once

#include "core/app/exit_code.h"
#include "core/config/settings.h"
#include "core/log/logger.h"
#include "core/runtime/command.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nexus::storage {
class Database;
}

namespace nexus::core {

class Loader;
class Runtime;
struct Failure;

class CommandSession {
 public:
  // `plugins` are started, and no other.
  CommandSession(Settings settings, std::vector<std::string> plugins);
  CommandSession(const CommandSession&) = delete;
  CommandSession& operator=(const CommandSession&) = delete;
  ~CommandSession();

  // Database, runtime, plugins. nullopt: they are there, though a plugin may have failed to start (see `run`). Errors
  // are logged to standard error, nothing else is.
  std::optional<Failure> start();
  CommandOutcome run(const std::string& plugin, const CommandLine& line);
  // Everything down, in order. False: something still runs, so leave by _exit.
  bool stop();

 private:
  std::optional<Failure> start_plugins();

  const Settings settings_;
  const std::vector<std::string> plugins_;
  // Destroyed in the reverse of this order.
  std::unique_ptr<Logger> logger_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<Loader> loader_;
};

}  // namespace nexus::core
