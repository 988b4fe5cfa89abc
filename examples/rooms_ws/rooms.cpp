#include "rooms.h"

#include <nexus/cpp/log.h>

namespace rooms_ws {
namespace {

constexpr std::uint16_t kNotText = 1003;
constexpr std::uint16_t kTooSlow = 4008;

}  // namespace

nexus::Result<std::shared_ptr<Member>> Rooms::enter(const nexus::WebSocket& socket, std::string_view room) {
  auto member = std::make_shared<Member>(*this, socket, room);
  if (member->place_ > kMostMembers) return nexus::Error::api(nexus::code::kUnavailable, "rooms_ws.full");
  // Nobody has to leave: the host takes a socket that closes out of its channels.
  if (const auto joined = socket.join(room); joined != nexus::Status::ok) return nexus::Error(joined);
  return member;
}

std::size_t Rooms::count_in(const std::string& room) {
  const std::lock_guard lock(mutex_);
  return ++members_[room];
}

void Rooms::count_out(const std::string& room) {
  const std::lock_guard lock(mutex_);
  const auto found = members_.find(room);
  if (--found->second == 0) members_.erase(found);
}

Member::Member(Rooms& rooms, const nexus::WebSocket& socket, std::string_view room)
    : rooms_(rooms), socket_(socket), room_(room), place_(rooms.count_in(room_)) {}

Member::~Member() { rooms_.count_out(room_); }

// A broadcast waits for nobody: the room goes on at the pace of those who keep up.
void Member::message(nexus::Call& call, const nexus::WsMessage& message) {
  if (message.is_binary) return socket_.close(kNotText, "text only");
  const auto missed = nexus::broadcast(call.host(), room_, NX_WS_TEXT, message.data);
  if (missed == 0) return;
  nexus::Log(call.host()).debug("members missed a message", {{"room", room_}, {"members", missed}}, &call);
}

// Called only after a message was missed, because nothing but broadcasts is sent here. A gap is not passed over in
// silence: what waits still arrives, then the client is told why it has to come again.
void Member::drained() { socket_.close(kTooSlow, "messages were missed"); }

}  // namespace rooms_ws
