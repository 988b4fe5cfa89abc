// One plugin as the shared parts of the runtime see it: its name, its gate, and the way to run its callbacks.
#pragma once

#include "core/log/logger.h"
#include "core/runtime/current_plugin.h"
#include "core/runtime/in_flight.h"
#include "core/runtime/worker_pool.h"

#include <nexus/base.h>
#include <nexus/storage/database.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace nexus::core {

// Work that may be refused, or work that was promised before and runs until the plugin is closed.
enum class Admission { bounded, always };

class Catalogues;
class Permissions;
class Services;

// What an Owner is made with, and what the functions that have only a call reach through it.
struct OwnerParts {
  WorkerPool* pool = nullptr;
  Logger* logger = nullptr;
  storage::Database* database = nullptr;
  Services* services = nullptr;
  Permissions* permissions = nullptr;
  Catalogues* catalogues = nullptr;
  std::size_t queue = 0;  // bounded work of a serialised plugin that may wait
};

// Held by shared_ptr: what waits for a plugin keeps it alive. Thread-safe.
class Owner : public std::enable_shared_from_this<Owner> {
 public:
  Owner(std::string id, const OwnerParts& parts) : id_(std::move(id)), parts_(parts) {}
  ~Owner();

  const std::string& id() const noexcept { return id_; }
  WorkerPool& workers() const noexcept { return *parts_.pool; }
  Logger& logger() const noexcept { return *parts_.logger; }
  storage::Database& database() const noexcept { return *parts_.database; }
  Services& services() const noexcept { return *parts_.services; }
  Permissions& permissions() const noexcept { return *parts_.permissions; }
  Catalogues& catalogues() const noexcept { return *parts_.catalogues; }
  InFlight& gate() noexcept { return gate_; }

  // Before the first callback. A plugin is serialised unless it asks for concurrency.
  void set_concurrent(bool concurrent) noexcept { concurrent_ = concurrent; }
  bool concurrent() const noexcept { return concurrent_; }

  // Runs `task` on a worker: with all others for a concurrent plugin, else behind those that wait for this plugin.
  // False where it was refused; the task is then destroyed unrun.
  bool post(Task task, Admission admission);
  // Runs `work` on this thread when no other callback of a serialised plugin runs; false where that took too long.
  template <class Work>
  bool run_exclusively(std::chrono::milliseconds patience, Work&& work) {
    if (concurrent_) {
      work();
      return true;
    }
    if (!acquire(patience)) return false;
    work();
    release();
    return true;
  }

  // Waits until nothing is in flight; false at the deadline.
  bool wait_idle(std::chrono::steady_clock::time_point deadline) const;

  // Calls `work`, which runs plugin code and returns a status. What it throws ends here and is logged with the plugin's
  // name and `what`.
  template <class Work>
  nx_status call_down(const char* what, std::string_view request_id, Work&& work) noexcept {
    const PluginMark mark(id_.c_str());
    try {
      return work();
    } catch (const std::exception& error) {
      threw(what, error.what(), request_id);
    } catch (...) {
      threw(what, "an exception of an unknown type", request_id);
    }
    return NX_E_EXCEPTION;
  }

  void log(std::int32_t level, std::string_view message, std::string_view reason,
           std::string_view request_id = {}) const noexcept;

  // Calls from child and background that the plugin has not released.
  void adopt(nx_call* call);
  bool disown(nx_call* call);
  void release_calls() noexcept;

  // Things of which a plugin may have only so many.
  std::atomic<std::uint32_t> timers{0};
  std::atomic<std::uint32_t> invocations{0};
  std::atomic<std::uint32_t> deferred{0};
  std::atomic<std::uint32_t> streams{0};  // that it opened

 private:
  bool push(Task task, Admission admission);
  bool schedule();
  void run_next();
  bool acquire(std::chrono::milliseconds patience);
  void release();
  void threw(const char* what, const char* reason, std::string_view request_id) const noexcept;

  const std::string id_;
  const OwnerParts parts_;
  InFlight gate_;
  bool concurrent_ = false;

  // The strand of a serialised plugin: `busy_` while a callback runs or its turn is scheduled.
  std::mutex mutex_;
  std::condition_variable freed_;
  std::deque<Task> waiting_;
  bool busy_ = false;

  std::mutex calls_mutex_;
  std::unordered_set<nx_call*> calls_;
};

}  // namespace nexus::core
