#include "identity.h"

#include <algorithm>

namespace nexus::auth {
namespace {

// A caller learns only whether to refresh, to log in or to try later.
std::int32_t refusal(const Error& error) noexcept {
  const auto app_code = error.app_code();
  if (app_code == code::kTokenExpired || app_code == code::kTokenInvalid) return app_code;
  return app_code == code::kNotFound ? code::kTokenInvalid : code::kUnavailable;
}

Identity identity_of(const Authenticated& token, const User& user) {
  Identity identity;
  identity.user_id = user.id;
  identity.user_name = user.username;
  identity.role = user.role;
  identity.session_id = token.session.id;
  identity.token_id = token.claims.token_id;
  identity.locale = user.language;
  identity.authenticated_us = token.session.authenticated_us;
  identity.valid_until_us = std::min(token.claims.expires * kMicrosecondsPerSecond, token.session.expires_us);
  return identity;
}

// What is over for a user as he is now. `user` is null where he is gone.
Result<std::int64_t> end_sessions(const SessionStore& store, std::int64_t user_id, const User* user,
                                  std::int64_t now_us) {
  if (user == nullptr || !user->active()) return store.revoke_all(user_id, now_us);
  return store.revoke_older(user_id, user->password_changed_us, now_us);
}

}  // namespace

void identify(const AuthContext& context, Call& call, std::string_view token, IdentityReply reply) {
  auto found = context.sessions(call).authenticate(token);
  if (!found.ok()) return reply.refuse(refusal(found.error()));
  const auto user_id = found->claims.user_id;
  context.credentials().get(call, user_id, [token = std::move(found).value(), reply](Call&, Result<User> user) {
    if (!user.ok()) return reply.refuse(refusal(user.error()));
    if (!may_continue(token.session, *user)) return reply.refuse(code::kTokenInvalid);
    reply.accept(identity_of(token, *user));
  });
}

void on_user_changed(const AuthContext& context, Call& call, const Event& event) {
  const auto payload = parse_json(event.payload);
  const auto user_id = payload.ok() && payload->is_object() ? optional_integer(*payload, "id") : std::nullopt;
  if (!user_id) return;
  // at once: the next request asks again, whatever becomes of the rest
  invalidate_user(context.host(), *user_id);
  context.credentials().get(call, *user_id, [&context, id = *user_id](Call& later, Result<User> user) {
    const bool gone = !user.ok() && user.error().app_code() == code::kNotFound;
    const auto ended =
        user.ok() || gone ? end_sessions(SessionStore(later), id, user.ok() ? &*user : nullptr, context.host().now_us())
                          : Result<std::int64_t>(user.error());
    if (ended.ok()) return;
    context.log().warning("sessions of a changed user could not be ended yet",
                          {{"user_id", id}, {"reason", ended.error().what()}}, &later);
  });
}

}  // namespace nexus::auth
