// What is behind the engine's face: the connections by server, their threads, and what they share.
#pragma once

#include "ssh/channel_core.h"
#include "ssh/connection.h"
#include "ssh/loop.h"
#include "ssh/workers.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace nexus::servers::ssh {

// Thread-safe. Held by a shared pointer, because tickets may outlive the engine.
class Engine::Implementation : public std::enable_shared_from_this<Engine::Implementation> {
 public:
  Implementation(const EngineLimits& limits, EngineObserver& observer);
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;
  ~Implementation() { stop(); }
  void stop();

  Ticket submit(const Target& target, const std::shared_ptr<Work>& work, const WorkOptions& options, Need need);
  std::shared_ptr<Channel> open_channel(const Target& target, std::shared_ptr<ChannelCore> core,
                                        const WorkOptions& options);
  Ticket test(const Target& target, const WorkOptions& options, const std::function<void(Outcome<Tested>)>& done);
  void forget(std::int64_t server_id);
  void retry(std::int64_t server_id);
  bool is_connected(std::int64_t server_id) const;
  EngineFigures figures() const;
  // The loop that a server's connection lives on.
  boost::asio::io_context& loop_of(std::int64_t server_id) noexcept { return loops_.of(server_id).context(); }

 private:
  using ConnectionPointer = std::shared_ptr<ServerConnection>;

  using Task = std::function<void(ServerConnection&)>;

  // Runs on the server's loop, with its connection; false where the engine has stopped.
  bool with_connection(std::int64_t server_id, Task task);
  // The same where there is a connection already.
  void with_existing(std::int64_t server_id, Task task);
  std::function<void()> open_tunnel(const Target& via, const std::string& host, std::uint16_t port,
                                    const std::function<void(Outcome<Socket>)>& done);
  Reservation reserve();
  // False where every connection is in use.
  bool evict_idlest();

  const EngineLimits limits_;
  Workers workers_;
  ConnectionContext context_;
  std::shared_ptr<std::atomic<std::size_t>> reserved_ = std::make_shared<std::atomic<std::size_t>>(0);
  mutable std::mutex mutex_;
  bool stopped_ = false;
  std::unordered_map<std::int64_t, ConnectionPointer> connections_;
  Loops loops_;  // last: its threads use all of the above
};

}  // namespace nexus::servers::ssh
