// Logout, and the caller's own sessions.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/page.h>
#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// `context` must outlive the plugin's callbacks.
void add_session_routes(Registrar& registrar, const AuthContext& context);

// A page of that user's sessions; `current` is the one that asks.
Result<Response> session_page(const AuthContext& context, Call& call, std::int64_t user_id, const Page& page,
                              std::string_view current);

}  // namespace nexus::auth
