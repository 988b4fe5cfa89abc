// What the example does with its sockets: whoever connects is in the room that the address names, and what one member
// says, all of them hear. The host keeps who is in which channel and frames a message once for all; the plugin counts.
#pragma once

#include <nexus/cpp/ws.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace rooms_ws {

// Of one room: a message is sent to each of them, and anybody may say one.
inline constexpr std::size_t kMostMembers = 1'000;
// Of one message.
inline constexpr std::uint32_t kMostBytes = 4 * 1024;
// That wait for one member. Who lags behind that far missed what came next.
inline constexpr std::uint32_t kMostWaiting = 64 * 1024;

class Member;

// All rooms of the plugin, which must outlive their members. Thread-safe.
class Rooms {
 public:
  // 50301 where there are kMostMembers.
  nexus::Result<std::shared_ptr<Member>> enter(const nexus::WebSocket& socket, std::string_view room);

 private:
  friend class Member;
  // How many are in it then.
  std::size_t count_in(const std::string& room);
  void count_out(const std::string& room);

  std::mutex mutex_;
  std::map<std::string, std::size_t> members_;  // of rooms that have some
};

// One socket in its room, from enter until the host has closed it.
class Member final : public nexus::WsSession {
 public:
  Member(Rooms& rooms, const nexus::WebSocket& socket, std::string_view room);
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;
  ~Member() override;

  void message(nexus::Call& call, const nexus::WsMessage& message) override;
  void drained() override;
  void closed(nexus::Call&, std::uint16_t, std::string_view) override {}

 private:
  friend class Rooms;

  Rooms& rooms_;
  const nexus::WebSocket socket_;
  const std::string room_;
  const std::size_t place_;  // how many were in the room when it came, itself as well
};

}  // namespace rooms_ws
