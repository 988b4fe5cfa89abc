// Tells other plugins what became of a server.
#pragma once

#include "model.h"
#include "topics.h"

#include <nexus/cpp/call.h>

namespace nexus::servers {

// Of kServerEventSchema. A failure is only logged: the change has been made.
void publish(const Call& call, std::string_view topic, const Server& server);

}  // namespace nexus::servers
