// The place where Pistache's reactor meets our connections: one per I/O thread. Pistache watches the sockets and owns
// the peers; reading, writing and closing are ours.
//
// Rules of the base class that this keeps: Transport::onReady of the base never runs, so it never sees our descriptors;
// a peer is removed at the end of a batch of events, not inside it; nothing that onReady calls may throw; descriptors
// are made in registerPoller, because the instance that clone() is called on never runs.
#pragma once

#include "http/connection.h"
#include "http/descriptor.h"
#include "http/worker.h"

#include <pistache/tcp.h>
#include <pistache/transport.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace nexus::api::http {

class Transport final : public Pistache::Tcp::Transport {
 public:
  explicit Transport(std::shared_ptr<EngineState> state);
  ~Transport() override;

  std::shared_ptr<Pistache::Aio::Handler> clone() const override;
  // The queues of the base class are not bound: they lose wake-ups, and what they are for goes through the mailbox.
  void registerPoller(Pistache::Polling::Epoll& poller) override;
  void onReady(const Pistache::Aio::FdSet& events) override;

  const std::shared_ptr<Mailbox>& mailbox() const noexcept { return worker_.mailbox; }
  std::uint64_t requests() const noexcept { return worker_.requests.load(std::memory_order_relaxed); }
  // Once no thread runs it any more: closes what is left.
  void close_all() noexcept;

 private:
  void handle_batch(const Pistache::Aio::FdSet& events);
  void take_mail();
  void adopt(AcceptedSocket&& accepted);
  void tick();
  void expire(Phase phase, Clock::duration limit);
  void drain_now();
  void remove_closed();
  void set_timer(bool running);
  Connection* find(int socket) noexcept;
  template <class Action>
  void guarded(Connection& connection, Action action) noexcept;

  Worker worker_;
  Descriptor timer_;
  std::vector<std::shared_ptr<Connection>> connections_;  // by socket
  std::size_t open_ = 0;
  bool draining_seen_ = false;
  // Emptied after each use, kept for their memory.
  std::vector<AcceptedSocket> accepted_;
  std::vector<LateAnswer> answers_;
};

}  // namespace nexus::api::http
