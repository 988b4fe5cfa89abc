#include "rooms.h"
#include "rooms_ws_resources.h"

#include <nexus/cpp/plugin.h>

namespace rooms_ws {
namespace {

class RoomsWs : public nexus::Plugin {
 public:
  void setup(nexus::Registrar& registrar) override {
    registrar.resources(rooms_ws_resources());
    // Inline: a broadcast only queues, so a worker would only cost a turn.
    registrar.endpoint("/api/v1/rooms-ws/:room",
                       {.is_public = true, .is_inline = true, .max_message = kMostBytes, .send_limit = kMostWaiting},
                       [this](nexus::Request& request, const nexus::WebSocket& socket,
                              std::string_view) -> nexus::Result<std::shared_ptr<nexus::WsSession>> {
                         NEXUS_ASSIGN(auto member, rooms_.enter(socket, request.path_param("room")));
                         return std::shared_ptr<nexus::WsSession>(std::move(member));
                       });
  }

 private:
  Rooms rooms_;
};

}  // namespace
}  // namespace rooms_ws

NEXUS_PLUGIN(rooms_ws::RoomsWs, "rooms_ws", "1.0.0")
