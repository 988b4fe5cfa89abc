// What the connections of one I/O thread share. Only that thread uses it.
#pragma once

#include "http/answer_format.h"
#include "http/engine_state.h"
#include "http/mailbox.h"
#include "http/phases.h"

#include <nexus/api/http_engine.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nexus::api::http {

class Connection;

struct Worker {
  // One receive takes at most that much; so much may then wait in a connection whose request is being handled.
  static constexpr std::size_t kReceiveBytes = 64 * 1024;

  explicit Worker(std::shared_ptr<EngineState> shared_state) : state(std::move(shared_state)) {}

  std::shared_ptr<EngineState> state;
  std::shared_ptr<Mailbox> mailbox;
  std::function<void(int socket)> watch_writable;  // asks for an event when the socket takes bytes again
  Clock::time_point now = Clock::now();            // of the batch of events being handled
  std::time_t wall_now = 0;
  DateLine date;
  PhaseLists phases;
  std::vector<int> closed;     // ended in this batch: sockets to remove at its end
  std::vector<int> continued;  // have more to read than their share of this batch
  std::string spare_output;
  std::array<char, kReceiveBytes> received{};
  std::atomic<std::uint64_t> requests{0};  // written by this thread only
};

}  // namespace nexus::api::http
