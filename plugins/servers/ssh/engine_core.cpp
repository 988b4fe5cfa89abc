#include "ssh/engine_core.h"

#include <boost/asio/post.hpp>

#include <future>
#include <set>
#include <utility>
#include <vector>

namespace nexus::servers::ssh {
namespace {

// For a tunnel to be there: the jump host's whole log-in, and the way on from it.
constexpr milliseconds kTunnelTimeout =
    kResolveTimeout + kConnectTimeout + kHandshakeTimeout + kAuthTimeout + 2 * kConnectTimeout;
// For connections to end when the engine stops: nothing of it waits for other machines.
constexpr std::chrono::seconds kStopTimeout{2};

const Failure kStopped{Stage::exec, Fault::cancelled, "the engine has stopped", {}};

// A chain of jump hosts that can lead somewhere.
std::optional<Failure> check_chain(const Target& target) {
  std::set<std::int64_t> seen{target.server_id};
  int hops = 0;
  for (const auto* via = target.via.get(); via != nullptr; via = via->via.get()) {
    if (++hops > Target::kMaxHops) return Failure{Stage::connect, Fault::unreachable, "too many jump hosts", {}};
    if (!seen.insert(via->server_id).second) {
      return Failure{Stage::connect, Fault::unreachable, "the jump hosts lead in a circle", {}};
    }
  }
  return std::nullopt;
}

}  // namespace

Engine::Implementation::Implementation(const EngineLimits& limits, EngineObserver& observer)
    : limits_(limits),
      context_{limits_,
               observer,
               {workers_, std::make_shared<LoginQueue>(limits.logins),
                [this](const Target& via, const std::string& host, std::uint16_t port,
                       const std::function<void(Outcome<Socket>)>& done) { return open_tunnel(via, host, port, done); },
                limits_.silence},
               {},
               [this] { return reserve(); }},
      loops_(limits.threads) {}

void Engine::Implementation::stop() {
  std::unordered_map<std::int64_t, ConnectionPointer> connections;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    connections.swap(connections_);
  }
  auto all_ended = std::make_shared<std::promise<void>>();
  auto left = std::make_shared<std::atomic<std::size_t>>(connections.size() + 1);
  const auto one_less = [all_ended, left] {
    if (--*left == 0) all_ended->set_value();
  };
  for (auto& [server_id, connection] : connections) {
    loops_.of(server_id).post([connection = std::move(connection), one_less] {
      connection->end(kStopped);
      one_less();
    });
  }
  one_less();
  (void)all_ended->get_future().wait_for(kStopTimeout);
  workers_.stop();
  loops_.stop();
}

// Under the lock, so that nothing is posted after stop() posted the end.
bool Engine::Implementation::with_connection(std::int64_t server_id, Task task) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return false;
  auto& connection = connections_[server_id];
  if (!connection) connection = std::make_shared<ServerConnection>(loop_of(server_id), context_, server_id);
  loops_.of(server_id).post([connection, task = std::move(task)] { task(*connection); });
  return true;
}

void Engine::Implementation::with_existing(std::int64_t server_id, Task task) {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(server_id);
  if (found == connections_.end()) return;
  loops_.of(server_id).post([connection = found->second, task = std::move(task)] { task(*connection); });
}

Ticket Engine::Implementation::submit(const Target& target, const std::shared_ptr<Work>& work,
                                      const WorkOptions& options, Need need) {
  auto refused = check_chain(target);
  if (!refused && context_.queued >= limits_.queued) {
    refused = Failure{Stage::connect, Fault::busy, "too much waits for servers", {}};
  }
  const Scheduler::Entry entry{work, options.priority, options.deadline, need};
  const bool taken = with_connection(target.server_id, [target, refused, entry](ServerConnection& connection) {
    if (refused) return entry.work->fail(*refused);
    connection.submit(target, entry);
  });
  if (!taken) work->fail(kStopped);
  return Ticket([weak = weak_from_this(), server_id = target.server_id, weak_work = std::weak_ptr<Work>(work)] {
    const auto self = weak.lock();
    const auto its_work = weak_work.lock();
    if (!self || !its_work) return;
    self->with_existing(server_id, [its_work](ServerConnection& connection) {
      connection.cancel(its_work, {Stage::exec, Fault::cancelled, "cancelled", {}});
    });
  });
}

std::shared_ptr<Channel> Engine::Implementation::open_channel(const Target& target, std::shared_ptr<ChannelCore> core,
                                                              const WorkOptions& options) {
  auto ticket = submit(target, core, options, Need::channel);
  return make_channel(std::move(core), std::move(ticket), shared_from_this());
}

Ticket Engine::Implementation::test(const Target& target, const WorkOptions& options,
                                    const std::function<void(Outcome<Tested>)>& done) {
  const std::shared_ptr<void> ticket = std::make_shared<char>();
  const bool taken = with_connection(
      target.server_id, [target, refused = check_chain(target), options, ticket, done](ServerConnection& connection) {
        if (refused) return done(*refused);
        connection.test(target, options.deadline, ticket, done);
      });
  if (!taken) done(kStopped);
  return Ticket([weak = weak_from_this(), server_id = target.server_id, ticket] {
    const auto self = weak.lock();
    if (!self) return;
    self->with_existing(server_id, [ticket](ServerConnection& connection) { connection.cancel_test(ticket); });
  });
}

void Engine::Implementation::forget(std::int64_t server_id) {
  ConnectionPointer connection;
  {
    const std::lock_guard lock(mutex_);
    const auto found = connections_.find(server_id);
    if (found == connections_.end()) return;
    connection = std::move(found->second);
    connections_.erase(found);
  }
  loops_.of(server_id).post([connection] {
    connection->end({Stage::connect, Fault::dropped, "the server was forgotten", {}});
  });
}

void Engine::Implementation::retry(std::int64_t server_id) {
  with_existing(server_id, [](ServerConnection& connection) { connection.retry(); });
}

bool Engine::Implementation::is_connected(std::int64_t server_id) const {
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(server_id);
  return found != connections_.end() && found->second->connected();
}

EngineFigures Engine::Implementation::figures() const {
  EngineFigures figures;
  figures.channels = context_.channels;
  figures.queued = context_.queued;
  figures.logins = context_.logins;
  const std::lock_guard lock(mutex_);
  for (const auto& [server_id, connection] : connections_) figures.connections += connection->connected() ? 1 : 0;
  return figures;
}

// On the loop of the connection that asks; answers there. The jump host's own connection may live on another.
std::function<void()> Engine::Implementation::open_tunnel(const Target& via, const std::string& host,
                                                          std::uint16_t port,
                                                          const std::function<void(Outcome<Socket>)>& done) {
  struct Answer {
    std::function<void(Outcome<Socket>)> done;
    Outcome<Socket> outcome;
  };
  auto* const asking = Loop::current();
  const auto answered = std::make_shared<bool>(false);  // of the asking thread
  const auto hop = via.server_id;
  const auto tunnel = std::make_shared<Tunnel>(hop, host, port, [asking, answered, hop, done](Outcome<Socket> outcome) {
    if (!outcome.ok()) {
      auto failure = std::move(outcome).error();
      failure.reason = "through server " + std::to_string(hop) + ": " + failure.reason;
      failure.host_key.reset();  // it is the hop's
      outcome = std::move(failure);
    }
    const auto answer = std::make_shared<Answer>(Answer{done, std::move(outcome)});
    asking->post([answer, answered] {
      *answered = true;
      answer->done(std::move(answer->outcome));
    });
  });
  const auto ticket = submit(via, tunnel, {Priority::terminal, Clock::now() + kTunnelTimeout}, Need::tunnel);
  // An open tunnel ends with its socket.
  return [ticket, answered] {
    if (!*answered) ticket.cancel();
  };
}

Reservation Engine::Implementation::reserve() {
  // The one that makes room needs a moment to do so: meanwhile so many may be too many.
  constexpr std::size_t kMargin = 8;
  const auto count = ++*reserved_;
  if (count > limits_.connections && (count > limits_.connections + kMargin || !evict_idlest())) {
    --*reserved_;
    return nullptr;
  }
  return {reserved_.get(), [reserved = reserved_](void*) { --*reserved; }};
}

bool Engine::Implementation::evict_idlest() {
  ConnectionPointer idlest;
  std::int64_t server = 0;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [server_id, connection] : connections_) {
      const auto since = connection->idle_since();
      if (since == 0 || (idlest && since >= idlest->idle_since())) continue;
      idlest = connection;
      server = server_id;
    }
  }
  if (!idlest) return false;
  loops_.of(server).post([idlest] { idlest->evict(); });
  return true;
}

}  // namespace nexus::servers::ssh
