// The routes of the plugin.
#pragma once

#include "session_registry.h"

#include <nexus/cpp/plugin.h>

namespace nexus::terminal {

void add_terminal_endpoint(Registrar& registrar, SessionRegistry& sessions);
void add_session_routes(Registrar& registrar, SessionRegistry& sessions);
void add_recording_routes(Registrar& registrar, SessionRegistry& sessions);

}  // namespace nexus::terminal
