// Who a bearer token stands for, and what a change of an account does to its sessions.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// Answers `reply` with the token's user, or with 40002, 40003, or 50301 where it could not be found out.
void identify(const AuthContext& context, Call& call, std::string_view token, IdentityReply reply);

// A fact on users.changed/1: ends the sessions that may not go on.
void on_user_changed(const AuthContext& context, Call& call, const Event& event);

}  // namespace nexus::auth
