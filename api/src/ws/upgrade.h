// What a request must have to become a WebSocket (RFC 6455, 4.2.1). Pure functions.
#pragma once

#include "ws/extensions.h"

#include <nexus/api/http_engine.h>
#include <nexus/api/websocket.h>

#include <string>

namespace nexus::api::ws {

// The client's key; empty where the request is no proper upgrade.
std::string upgrade_key(const RequestMessage& message);
// What both sides will speak.
struct Agreement {
  std::string subprotocol;              // the first of the endpoint's that the client offers too; empty: none
  std::optional<DeflateTerms> deflate;  // of the client's first offer that can be met
};
// Of a proper upgrade.
Agreement agree(const WebSocketSpec& spec, const RequestMessage& message);

}  // namespace nexus::api::ws
