// All WebSockets of a server: who may have how many, and the threads that they live on.
#pragma once

#include <nexus/api/exchange.h>
#include <nexus/api/websocket.h>

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace nexus::api::ws {

struct Agreement;
class Hub;
class Loop;
class Session;

// Whom open sockets are counted for: a kind (user or address), and 16 bytes.
using CountKey = std::pair<char, std::array<std::uint8_t, 16>>;

// The right to one socket, from the moment its caller is known until it is closed.
class Pass {
 public:
  Pass(std::shared_ptr<Hub> hub, std::shared_ptr<const Principal> principal);
  ~Pass();
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  // By the session, once each.
  void opened();
  void ended();

 private:
  friend class Hub;
  const std::shared_ptr<Hub> hub_;
  const std::shared_ptr<const Principal> principal_;
  // Under the hub's mutex.
  std::optional<CountKey> counted_;
  std::weak_ptr<Session> session_;
  bool revoked_ = false;
};

// Thread-safe.
class Hub : public std::enable_shared_from_this<Hub> {
 public:
  // `most` bounds the sockets of all together: as many as connections of the engine.
  Hub(unsigned threads, std::size_t most);
  ~Hub();

  // What an answer to "who is it" that is asked for now must be admitted with.
  std::uint64_t epoch() const;
  // Null where sockets of somebody were closed since `epoch` (it may have been this caller's), or the hub drains, or
  // there are too many.
  std::shared_ptr<Pass> admit(std::shared_ptr<const Principal> principal, std::uint64_t epoch);
  // False where `key` has that many already; 0 is unlimited.
  bool count(Pass& pass, const CountKey& key, std::uint32_t limit);
  // Null where the pass was revoked.
  std::shared_ptr<Session> make_session(const std::shared_ptr<Pass>& pass, const WebSocketSpec& spec,
                                        Agreement agreement);

  // See Server.
  void close(const std::function<bool(const Principal&)>& matches, std::uint16_t code, std::string_view reason);
  // Admits nobody any more, and tells everybody to leave.
  void begin_drain();
  // Waits until all are gone; false where some had to be cut off at the deadline. Then no thread is left.
  bool finish_drain(Clock::time_point deadline);
  std::size_t open() const;

 private:
  friend class Pass;
  void remove(Pass& pass) noexcept;
  std::shared_ptr<Loop> next_loop();
  void stop_loops();
  std::vector<std::shared_ptr<Session>> sessions_of(const std::function<bool(Pass&)>& matches);

  const unsigned threads_;
  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t epoch_ = 0;
  bool draining_ = false;
  std::size_t open_ = 0;
  std::unordered_set<Pass*> passes_;
  std::map<CountKey, std::uint32_t> counts_;  // no more entries than passes
  std::vector<std::shared_ptr<Loop>> loops_;  // none until the first socket
  std::size_t next_ = 0;
};

}  // namespace nexus::api::ws
