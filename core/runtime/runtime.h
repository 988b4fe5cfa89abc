// What all plugins share: workers, bus, services, timers, secrets, catalogues, permissions, remembered identities, and
// the way to the database and the edge. Each part is a class of its own in this folder; this one owns and wires them.
#pragma once

#include "core/log/logger.h"

#include <nexus/api/server.h>
#include <nexus/storage/database.h>
#include <nexus/storage/migrations.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nexus::core {

class PluginHost;

struct RuntimeOptions {
  std::string version;                               // of the host
  std::string data_dir;                              // absolute; holds master.key and plugins/<id>/
  unsigned workers = 4;                              // threads that run plugin code
  std::size_t queue = 10'000;                        // work that waits for a worker; more is refused (503)
  std::chrono::milliseconds start_deadline{30'000};  // what plugin.h promises
  bool has_edge = true;                              // false: a command's process, where routes go nowhere
};

// Made before the edge, because the edge asks it; destroyed after every PluginHost. Thread-safe.
class Runtime {
 public:
  // Reads or makes the master key (0600). Fails where it is readable by others, not 32 bytes, or not the key with which
  // the database was sealed.
  static Result<std::unique_ptr<Runtime>> create(const RuntimeOptions& options, Logger& logger,
                                                 storage::Database& database);
  virtual ~Runtime() = default;

  // For Server::create.
  virtual api::Hooks& hooks() noexcept = 0;
  // The edge that plugins' routes go to; before the first PluginHost is activated.
  virtual void attach(api::Server& server) = 0;

  // Audit entries that are older are removed; 0 keeps them for ever, as before the first call.
  virtual void set_audit_retention(std::uint32_t days) = 0;

  virtual std::unique_ptr<PluginHost> add_plugin(const std::string& id, const std::string& version) = 0;

  // Drops queued work and joins the workers, then writes the audit entries that wait, for some seconds at most. No
  // plugin callback runs after it.
  virtual void shutdown() = 0;
};

}  // namespace nexus::core
