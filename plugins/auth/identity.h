// Who a credential stands for: the bearer of an access token or an API token, or who shows a WebSocket's ticket.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

namespace nexus::auth {

// How long the host may remember an answer. Everything that this panel changes is forgotten at once; what another
// process changed in the database (a command of an operator's) is seen within this time.
inline constexpr std::int64_t kRememberedUs = 60 * std::int64_t{1'000'000};

// Answers `reply` with the credential's user, or with 40002, 40003, or 50301 where it could not be found out.
//
// An API token has no session, "nxp:<id>" for its token id, and its scopes; where it is bound to addresses, the answer
// is not to be remembered, because the host does not look at the address. A ticket is spent by the question.
void identify(const AuthContext& context, Call& call, const Credential& credential, const IdentityReply& reply);

}  // namespace nexus::auth
