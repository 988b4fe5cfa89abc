#include "echo_session.h"
#include "echo_ws_resources.h"

#include <nexus/cpp/plugin.h>

namespace echo_ws {
namespace {

constexpr std::uint32_t kMostBytes = 1024 * 1024;  // of one message

class EchoWs : public nexus::Plugin {
 public:
  void setup(nexus::Registrar& registrar) override {
    registrar.resources(echo_ws_resources());
    // Inline: an echo waits for nothing, so a worker would only cost a turn.
    registrar.endpoint(
        "/api/v1/echo-ws",
        {.is_public = true, .is_inline = true, .credit = true, .subprotocols = "echo", .max_message = kMostBytes},
        [this](nexus::Request&, const nexus::WebSocket& socket,
               std::string_view) -> nexus::Result<std::shared_ptr<nexus::WsSession>> {
          NEXUS_ASSIGN(auto session, sockets_.open(socket));
          return std::shared_ptr<nexus::WsSession>(std::move(session));
        });
  }

 private:
  EchoSockets sockets_;
};

}  // namespace
}  // namespace echo_ws

NEXUS_PLUGIN(echo_ws::EchoWs, "echo_ws", "1.0.0")
