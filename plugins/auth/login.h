// The end of every log-in, with a second factor or without: a session, its tokens, and the user.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// Where the request comes from.
Client client_of(const Request& request);

Json user_json(const User& user);
Json token_json(const Tokens& tokens);

// `authenticated_us`: when the check of what the user showed began.
void complete_login(const AuthContext& context, Call& call, const User& user, const Client& client,
                    std::int64_t authenticated_us, const Reply& reply);

}  // namespace nexus::auth
