// Where the plugin meets its servers: targets from rows, threads, kept connections, and what they tell about a server.
#pragma once

#include "model.h"
#include "secret_box.h"
#include "ssh/connection_pool.h"
#include "ssh/workers.h"

#include <nexus/cpp/log.h>

#include <atomic>
#include <memory>
#include <unordered_map>

namespace nexus::servers {

// One for the plugin. Thread-safe.
class SshGateway {
 public:
  // A server in use is marked online at most this often.
  static constexpr std::chrono::seconds kHeartbeatInterval{30};

  explicit SshGateway(const Host& host);

  void set_strict(bool strict) noexcept { strict_ = strict; }
  // Ends all work and every connection; waits for the threads.
  void stop();

  // Runs `work` on an SSH thread; the failure says that there is no room. `work` must not throw.
  ssh::Outcome<void> submit(std::int64_t server_id, std::function<void()> work);
  // Ends when `call` is cancelled, when its time is over, after `limit`, or when the gateway stops. The call must
  // outlive the watch.
  ssh::Watch watch(const Call& call, ssh::milliseconds limit) const;

  // `user_id` is who asks.
  ssh::Target target_of(const ServerAccess& access, std::int64_t user_id) const;
  ssh::ConnectionPool& pool() noexcept { return pool_; }

  // On an SSH thread: notes in the database what an attempt showed. Failures of the database are logged only.
  void note_online(std::int64_t server_id, const std::optional<std::string>& os_info);
  void note_use(std::int64_t server_id);
  void note_failure(std::int64_t server_id, const ssh::Failure& failure);
  // The server changed or is gone: nothing that was kept of it counts any more.
  void forget(std::int64_t server_id);

 private:
  Host host_;
  Log log_;
  std::atomic<bool> strict_{false};
  ssh::ConnectionPool pool_;
  std::mutex mutex_;
  std::unordered_map<std::int64_t, ssh::Clock::time_point> heartbeats_;  // forgotten with the server
  ssh::Workers workers_;                                                 // last: its threads use all of the above
};

}  // namespace nexus::servers
