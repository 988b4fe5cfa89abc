// The accept loop, on a thread of its own: unlike Pistache's it can stop without losing what was accepted, and waits
// where no descriptor is left instead of spinning.
#pragma once

#include "http/descriptor.h"
#include "http/engine_state.h"
#include "http/mailbox.h"

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <thread>

namespace nexus::api::http {

class Acceptor {
 public:
  // Takes an accepted socket to a worker; called on the loop's thread. `open` of the state has counted it; false where
  // no worker takes it any more.
  using Deliver = std::function<bool(AcceptedSocket&&)>;

  // Throws std::system_error where no eventfd can be had.
  Acceptor(Descriptor listening, std::shared_ptr<EngineState> state);
  ~Acceptor() { stop(); }
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  const Descriptor& listening() const noexcept { return listening_; }
  void start(Deliver deliver);
  // Takes what has already connected, then closes the listening socket. Idempotent.
  void stop();

 private:
  void run();
  // Accepts until nothing waits; false where it failed for want of descriptors or memory.
  bool accept_waiting();
  void take(Descriptor socket, const sockaddr_storage& address);

  Descriptor listening_;
  Descriptor stop_event_;
  std::shared_ptr<EngineState> state_;
  Deliver deliver_;
  std::thread thread_;
};

}  // namespace nexus::api::http
