#include "account_routes.h"

#include "late_answer.h"
#include "login.h"

#include <utility>

namespace nexus::auth {
namespace {

constexpr RouteOptions kPublic{.is_public = true, .rate_class = NX_RATE_AUTH};

Json registered_json(const User& user) {
  auto json = user_json(user);
  json["created_at"] = json_time(user.created_us);
  return json;
}

void register_user(const AuthContext& context, Request& request, const Reply& reply) {
  if (!context.settings().registration_open) {
    return reply.send(Error::api(code::kForbidden, "auth.registration_closed"));
  }
  auto body = parse_json(request.body());
  if (!body.ok()) return reply.send(body.error());
  if (!body->contains("language")) (*body)["language"] = request.call().locale();
  const auto name = kept_name(body->value("username", ""));
  context.credentials().create(request.call(), *body, [&context, name, reply](Call& call, Result<User> user) {
    answer(reply, call, [&]() -> Result<Response> {
      if (!user.ok()) return Response::from(user.error()).with_audit(about_nobody(name));
      context.log().info("user registered", {{"user_id", user->id}, {"address", call.remote_address()}}, &call);
      return Response::created(dump({{"user", registered_json(*user)}}), "auth.registered")
          .with_audit(about_user(user->id, name));
    });
  });
}

// What a log-in needs from the request until it is through.
struct LoginTry {
  std::string name;  // as it is kept
  Client client;
  std::int64_t started_us;
};

void refuse_login(const AuthContext& context, Call& call, const LoginTry& login, const Error& error,
                  const Reply& reply) {
  context.log().warning(
      "login refused", {{"username", login.name}, {"address", login.client.remote_address}, {"code", error.app_code()}},
      &call);
  reply.send(Response::from(error).with_audit(about_nobody(login.name)));
}

// The password was right, and a code is needed too.
Result<Response> challenge(const AuthContext& context, Call& call, const User& user, const LoginTry& login) {
  NEXUS_ASSIGN(const auto secret, context.one_time_secrets(call).issue_challenge(user.id, login.started_us));
  auto error = Error::api(code::kSecondFactorNeeded).with_extra(dump({{"challenge", secret}}));
  return Response::from(error).with_audit(about_user(user.id, login.name));
}

void go_on_with_login(const AuthContext& context, Call& call, const User& user, const LoginTry& login,
                      const Reply& reply) {
  const auto needs_code = context.second_factors(call).is_enabled(user.id);
  if (!needs_code.ok()) return reply.send(needs_code.error());
  if (*needs_code) return reply.send(challenge(context, call, user, login));
  complete_login(context, call, user, login.client, login.started_us, reply);
}

void log_in(const AuthContext& context, Request& request, const Reply& reply) {
  const auto body = parse_json(request.body());
  if (!body.ok()) return reply.send(body.error());
  const auto username = body->value("username", "");
  const LoginTry login{kept_name(username), client_of(request), context.host().now_us()};
  context.credentials().verify(request.call(), username, body->value("password", ""),
                               [&context, login, reply](Call& call, Result<User> user) {
                                 if (!user.ok()) return refuse_login(context, call, login, user.error(), reply);
                                 go_on_with_login(context, call, *user, login, reply);
                               });
}

// Whether the user is still who he was when the session was opened.
Result<Response> renew(const AuthContext& context, Call& call, const Session& session, const Result<User>& user,
                       bool rotate) {
  const bool gone = !user.ok() && user.error().app_code() == code::kNotFound;
  if (!user.ok() && !gone) return user.error();
  const auto sessions = context.sessions(call);
  if (gone || !may_continue(session, *user)) {
    if (!gone && context.password_changes().by_session(session.id)) return Error(Status::busy, "its password changes");
    NEXUS_TRY(sessions.end(session.id));
    return token_invalid();
  }
  NEXUS_ASSIGN(const auto tokens, sessions.renew(session, rotate));
  return Response::ok(dump(token_json(tokens)), "auth.refreshed")
      .with_audit(about_user(session.user_id, kept_name(user->username)));
}

Result<Session> find_session_to_refresh(const AuthContext& context, Call& call, std::string_view refresh_token) {
  auto session = context.sessions(call).find_by_refresh_token(refresh_token);
  if (session.ok() || !context.keys().learn(call, refresh_token)) return session;
  return context.sessions(call).find_by_refresh_token(refresh_token);
}

void refresh(const AuthContext& context, Request& request, const Reply& reply) {
  const auto body = parse_json(request.body());
  if (!body.ok()) return reply.send(body.error());
  auto session = find_session_to_refresh(context, request.call(), body->value("refresh_token", ""));
  if (!session.ok()) return reply.send(session.error());
  const auto user_id = session->user_id;
  context.credentials().get(request.call(), user_id,
                            [&context, session = std::move(session).value(), rotate = body->value("rotate", false),
                             reply](Call& call, Result<User> user) {
                              answer(reply, call, [&] { return renew(context, call, session, user, rotate); });
                            });
}

}  // namespace

void add_account_routes(Registrar& registrar, const AuthContext& context) {
  add_late_route(registrar, context, "POST", "/api/v1/auth/register", kPublic, register_user);
  add_late_route(registrar, context, "POST", "/api/v1/auth/login", kPublic, log_in);
  add_late_route(registrar, context, "POST", "/api/v1/auth/refresh", kPublic, refresh);
}

}  // namespace nexus::auth
