#include "identity.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace nexus::auth {
namespace {

// A caller learns only whether to refresh, to log in or to try later.
std::int32_t refusal(const Error& error) noexcept {
  const auto app_code = error.app_code();
  if (app_code == code::kTokenExpired || app_code == code::kTokenInvalid) return app_code;
  return app_code == code::kNotFound ? code::kTokenInvalid : code::kUnavailable;
}

Identity identity_of(const User& user) {
  Identity identity;
  identity.user_id = user.id;
  identity.user_name = user.username;
  identity.role = user.role;
  identity.locale = user.language;
  return identity;
}

Identity identity_of(const AuthContext& context, const User& user, const Session& session) {
  auto identity = identity_of(user);
  identity.session_id = session.id;
  identity.authenticated_us = session.authenticated_us;
  identity.elevated_until_us = session.authenticated_us + context.settings().step_up * kMicrosecondsPerSecond;
  return identity;
}

// Answers with what `make` makes of the user, if the session may go on.
template <class Make>
void identify_session(const AuthContext& context, Call& call, const Session& session, const IdentityReply& reply,
                      Make make) {
  const auto user_id = session.user_id;
  context.credentials().get(call, user_id, [&context, session, reply, make](Call& later, Result<User> user) {
    if (!user.ok()) return reply.refuse(refusal(user.error()));
    if (may_continue(session, *user)) {
      const auto has_factor = context.second_factors(later).is_enabled(session.user_id);
      if (!has_factor.ok()) return reply.refuse(refusal(has_factor.error()));
      auto identity = make(*user);
      identity.has_second_factor = *has_factor;
      return reply.accept(identity);
    }
    const bool changes = context.password_changes().by_session(session.id);
    reply.refuse(changes ? code::kUnavailable : code::kTokenInvalid);
  });
}

Result<Authenticated> find_session_of_token(const AuthContext& context, Call& call, std::string_view token) {
  auto found = context.sessions(call).authenticate(token);
  if (found.ok() || !context.keys().learn(call, token)) return found;
  return context.sessions(call).authenticate(token);
}

void identify_access_token(const AuthContext& context, Call& call, std::string_view token, const IdentityReply& reply) {
  const auto found = find_session_of_token(context, call, token);
  if (!found.ok()) return reply.refuse(refusal(found.error()));
  identify_session(context, call, found->session, reply, [&context, token = *found](const User& user) {
    auto identity = identity_of(context, user, token.session);
    identity.token_id = token.claims.token_id;
    identity.valid_until_us = std::min({token.claims.expires * kMicrosecondsPerSecond, token.session.expires_us,
                                        context.host().now_us() + kRememberedUs});
    return identity;
  });
}

// Good once, so the answer is not remembered.
void identify_ticket(const AuthContext& context, Call& call, std::string_view ticket, const IdentityReply& reply) {
  const auto spent = context.one_time_secrets(call).spend_ticket(ticket);
  if (!spent.ok()) return reply.refuse(refusal(spent.error()));
  if (!*spent) return reply.refuse(code::kTokenInvalid);
  const auto session = context.sessions(call).find((*spent)->session_id, (*spent)->user_id);
  if (!session.ok()) return reply.refuse(refusal(session.error()));
  identify_session(context, call, *session, reply,
                   [&context, session = *session, hash = (*spent)->hash](const User& user) {
                     constexpr std::size_t kShown = 16;  // enough to tell tickets apart
                     auto identity = identity_of(context, user, session);
                     identity.token_id = "ticket:" + hash.substr(0, kShown);
                     return identity;
                   });
}

Identity identity_of(const AuthContext& context, const User& user, const ApiToken& token) {
  const auto is_scope = [&](std::string_view name) {
    return std::find(token.scopes.begin(), token.scopes.end(), name) != token.scopes.end();
  };
  auto identity = identity_of(user);
  identity.token_id = host_token_id(token.id);
  identity.scopes = token.scopes;
  if (is_scope(kElevatedScope)) identity.elevated_until_us = std::numeric_limits<std::int64_t>::max();
  if (token.allowed_addresses.empty()) {
    const auto remembered = context.host().now_us() + kRememberedUs;
    identity.valid_until_us = std::min(token.expires_us.value_or(remembered), remembered);
  }
  return identity;
}

// Whether it is written down or not, the token is good.
void stamp_use(const AuthContext& context, Call& call, const ApiToken& token) {
  const auto now = context.host().now_us();
  if (!context.api_tokens(call).is_stamp_due(token)) return;
  const auto stamped =
      ApiTokenStore(call).stamp_use(token.id, now, call.remote_address(), now - kStampSeconds * kMicrosecondsPerSecond);
  if (stamped.ok()) return;
  context.log().warning("the use of an API token could not be written down",
                        {{"token", token.id}, {"reason", stamped.error().what()}}, &call);
}

void identify_api_token(const AuthContext& context, Call& call, std::string_view bearer, const IdentityReply& reply) {
  const auto found = context.api_tokens(call).authenticate(bearer, call.remote_address());
  if (!found.ok()) {
    if (!found.error().reason().empty()) {
      context.log().warning("API token refused",
                            {{"reason", found.error().reason()}, {"address", call.remote_address()}}, &call);
    }
    return reply.refuse(refusal(found.error()));
  }
  context.credentials().get(call, found->user_id, [&context, token = *found, reply](Call& later, Result<User> user) {
    if (!user.ok()) return reply.refuse(refusal(user.error()));
    if (!user->active()) return reply.refuse(code::kTokenInvalid);
    stamp_use(context, later, token);
    reply.accept(identity_of(context, *user, token));
  });
}

}  // namespace

void identify(const AuthContext& context, Call& call, const Credential& credential, const IdentityReply& reply) {
  if (credential.kind == NX_CREDENTIAL_TICKET) return identify_ticket(context, call, credential.text, reply);
  if (is_api_token(credential.text)) return identify_api_token(context, call, credential.text, reply);
  identify_access_token(context, call, credential.text, reply);
}

}  // namespace nexus::auth
