// Where the plugin meets its servers: targets from rows, the engine, and what its connections tell about a server.
#pragma once

#include "model.h"
#include "secret_box.h"
#include "ssh/engine.h"
#include "unsaved_tests.h"

#include <nexus/cpp/log.h>
#include <nexus/cpp/repeating_work.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace nexus::servers {

// One for the plugin. Thread-safe.
class SshGateway : private ssh::EngineObserver {
 public:
  // Signs of life are written down together, this often: last_heartbeat is so exact.
  static constexpr std::chrono::seconds kHeartbeatInterval{10};

  explicit SshGateway(const Host& host);

  void set_strict(bool strict) noexcept { strict_ = strict; }
  // Nothing is connected yet, so nothing is known of any server.
  Result<void> start(Call& call);
  // Ends all work and every connection; waits for the threads.
  void stop();

  ssh::Engine& engine() noexcept { return engine_; }
  UnsavedTests& unsaved_tests() noexcept { return unsaved_tests_; }
  const Host& host() const noexcept { return host_; }

  // The way to a server, its jump hosts included. `call` asks the database; its user is who asks.
  Result<ssh::Target> target_of(Call& call, const ServerAccess& access);
  // The same with another judge of its host key. A server that is not kept has an id below zero: the connection tells
  // nobody anything, and lives until it is forgotten.
  Result<ssh::Target> target_of(Call& call, const ServerAccess& access, std::shared_ptr<ssh::HostKeyGate> host_keys);
  // Work of `call` that may take `limit`, waiting included.
  static ssh::WorkOptions options(const Call& call, ssh::Priority priority, ssh::milliseconds limit);

  // What a person's test found out, written down before he is answered. Failures of the database are logged only.
  // Where its kept connection lives, a server is not offline: others may be refused beside it.
  void write_online(Call& call, std::int64_t server_id, const std::string& os_info);
  void write_offline(Call& call, std::int64_t server_id, const ssh::Failure& failure);
  // The server changed, its keys were judged, or it is gone: nothing that was kept of it counts any more.
  void forget(std::int64_t server_id);

 private:
  void connected(std::int64_t server_id) override;
  void alive(std::int64_t server_id) override;
  void disconnected(std::int64_t server_id, const ssh::Failure& failure) override;

  ssh::Target hop_of(const ServerAccess& access, std::shared_ptr<ssh::HostKeyGate> host_keys);
  std::shared_ptr<ssh::HostKeyGate> pinned_keys(const Call& call, const Server& server) const;
  // Runs `work` on a worker.
  void later(std::function<void(Call&)> work, std::int64_t server_id);
  void log_unwritten(Call& call, std::int64_t server_id, const Error& error);
  void write_heartbeats(Call& call);
  Result<void> collect_facts(Call& call, std::int64_t server_id);

  Host host_;
  Log log_;
  std::atomic<bool> strict_{false};
  UnsavedTests unsaved_tests_;
  std::mutex mutex_;
  std::unordered_set<std::int64_t> alive_;  // since the last heartbeats were written
  RepeatingWork heartbeats_;
  ssh::Engine engine_;  // last: its threads use all of the above
};

}  // namespace nexus::servers
