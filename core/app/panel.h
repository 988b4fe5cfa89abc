// The panel as a whole: everything that `serve` makes, in the order in which it is made, and the way down.
#pragma once

#include "core/app/data_folder.h"
#include "core/app/exit_code.h"
#include "core/config/configuration.h"
#include "core/log/logger.h"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace nexus::api {
class Server;
}
namespace nexus::storage {
class Database;
struct DatabaseOptions;
}  // namespace nexus::storage

namespace nexus::core {

class Loader;
class Runtime;

// What did not work, and the status to leave with.
struct Failure {
  ExitCode exit_code = kExitOk;
  std::string reason;
};

class Panel {
 public:
  Panel(ConfigSources sources, Settings settings);
  Panel(const Panel&) = delete;
  Panel& operator=(const Panel&) = delete;
  ~Panel();

  // Log, lock, database, runtime, server, plugins; then takes requests. nullopt: it runs.
  std::optional<Failure> start();
  std::string address() const;  // "http://127.0.0.1:8080", once it runs
  // Opens the log again and takes what may change from the configuration, which it reads once more; a broken one
  // changes nothing and is logged.
  void reload();
  // Everything down, in order, by kExitDeadline after `since`. False: something still runs, so leave by _exit.
  bool stop(std::chrono::steady_clock::time_point since);
  // Says in the log what kept the panel from ending. Any thread.
  void log_too_late() noexcept;

 private:
  std::optional<Failure> open_storage();
  std::optional<Failure> open_edge();
  std::optional<Failure> start_plugins();
  void take_changes(const Settings& fresh);

  const ConfigSources sources_;
  Settings settings_;
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  // Guards the pointers logger_ and loader_, which log_too_late reads while another thread makes and destroys the
  // parts.
  std::mutex watched_mutex_;
  // Destroyed in the reverse of this order.
  std::unique_ptr<Logger> logger_;
  std::optional<DataFolder> folder_;
  std::unique_ptr<storage::Database> database_;
  std::unique_ptr<Runtime> runtime_;
  std::unique_ptr<api::Server> server_;
  std::unique_ptr<Loader> loader_;
};

// The options of its parts from the settings.
struct LoaderOptions;
struct RuntimeOptions;
LoaderOptions loader_options(const Settings& settings);
RuntimeOptions runtime_options(const Settings& settings);
storage::DatabaseOptions database_options(const Settings& settings);

extern const char* const kVersion;

}  // namespace nexus::core
