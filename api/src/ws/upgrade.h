// What a request must have to become a WebSocket (RFC 6455, 4.2.1). Pure functions.
#pragma once

#include <nexus/api/http_engine.h>
#include <nexus/api/websocket.h>

#include <string>

namespace nexus::api::ws {

// The client's key; empty where the request is no proper upgrade.
std::string upgrade_key(const RequestMessage& message);
// The first of the endpoint's subprotocols that the client offers too; empty: none.
std::string chosen_subprotocol(const WebSocketSpec& spec, const RequestMessage& message);

}  // namespace nexus::api::ws
