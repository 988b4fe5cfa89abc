// What the example does with a socket: each message goes back to who sent it, in order, and none is lost.
#pragma once

#include <nexus/cpp/ws.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>

namespace echo_ws {

// Of everybody together: anyone may come, and each may keep a window of messages here.
inline constexpr unsigned kMostSockets = 5'000;
// Messages of one socket that are kept. The window bounds their bytes, but empty ones have none.
inline constexpr std::size_t kMostKept = 1024;

class EchoSession;

// All sockets of the plugin, which must outlive them. Thread-safe.
class EchoSockets {
 public:
  // 50301 where there are kMostSockets.
  nexus::Result<std::shared_ptr<EchoSession>> open(const nexus::WebSocket& socket);

 private:
  friend class EchoSession;
  std::atomic<unsigned> open_{0};
};

// The host calls one function at a time, so nothing here is locked.
class EchoSession final : public nexus::WsSession {
 public:
  EchoSession(EchoSockets& sockets, const nexus::WebSocket& socket);
  EchoSession(const EchoSession&) = delete;
  EchoSession& operator=(const EchoSession&) = delete;
  ~EchoSession() override;

  void message(nexus::Call& call, const nexus::WsMessage& message) override;
  void drained() override;
  void closed(nexus::Call& call, std::uint16_t code, std::string_view reason) override;

 private:
  struct Kept {
    bool is_binary;
    std::string data;
  };
  // False where too much waits for the client.
  bool answer(bool is_binary, std::string_view data);

  EchoSockets& sockets_;
  const nexus::WebSocket socket_;
  std::deque<Kept> kept_;  // not yet answered, the oldest first
};

}  // namespace echo_ws
