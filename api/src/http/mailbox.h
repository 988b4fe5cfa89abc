// What other threads have for a worker: accepted sockets and late answers. Owned jointly by the worker and by its
// connections, so that an answer that comes after the engine's end goes nowhere instead of crashing. Bounded by the
// engine's limit of connections: each has at most one answer on the way.
#pragma once

#include "http/descriptor.h"

#include <nexus/api/http_engine.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace nexus::api::http {

class Connection;

struct AcceptedSocket {
  Descriptor socket;
  std::string peer;
};

struct LateAnswer {
  std::shared_ptr<Connection> connection;
  AnswerMessage answer;
  bool dropped = false;  // there is no answer: the responder was destroyed without one
};

class Mailbox {
 public:
  // Throws std::system_error where no eventfd can be had.
  Mailbox();

  // Written to by each post that finds the mailbox empty; registered edge-triggered and never read.
  int descriptor() const noexcept { return event_.get(); }

  // From any thread. What comes after close() is destroyed; false then.
  bool post(AcceptedSocket&& accepted);
  bool post(LateAnswer&& late);
  // Makes the worker look.
  void wake() noexcept;

  // By the worker: moves all that waits into the two (empty) vectors.
  void take(std::vector<AcceptedSocket>& accepted, std::vector<LateAnswer>& answers);
  void close();

 private:
  template <class Item>
  bool put(std::vector<Item>& items, Item&& item);

  Descriptor event_;
  std::mutex mutex_;
  bool open_ = true;
  std::vector<AcceptedSocket> accepted_;
  std::vector<LateAnswer> answers_;
};

}  // namespace nexus::api::http
