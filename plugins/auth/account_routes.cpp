#include "account_routes.h"

#include <utility>

namespace nexus::auth {
namespace {

constexpr RouteOptions kPublic{.is_public = true, .rate_class = NX_RATE_AUTH};

// What a log line keeps of a name that a stranger typed.
constexpr std::size_t kMaxLoggedName = 64;

Json user_json(const User& user) {
  return {{"id", user.id},
          {"username", user.username},
          {"email", user.email},
          {"role", user.role},
          {"language", user.language}};
}

Json registered_json(const User& user) {
  auto json = user_json(user);
  json["created_at"] = json_time(user.created_us);
  return json;
}

Json token_json(const Tokens& tokens) {
  Json json = {{"access_token", tokens.access}};
  if (!tokens.refresh.empty()) json["refresh_token"] = tokens.refresh;
  json["expires_in"] = tokens.expires_in;
  json["token_type"] = "Bearer";
  return json;
}

// Answers from `work`, whose errors may also be thrown: the handlers below run outside the route's own guard.
template <class Work>
void answer(const Reply& reply, Call& call, Work&& work) {
  try {
    const Result<Response> response = work();
    if (!response.ok()) call.set_error(response.error().what());
    reply.send(response);
  } catch (const std::exception& error) {
    call.set_error(error.what());
    reply.send(Error(Status::exception));
  }
}

void register_user(const AuthContext& context, Request& request, const Reply& reply) {
  if (!context.settings().registration_open) {
    return reply.send(Error::api(code::kForbidden, "auth.registration_closed"));
  }
  auto body = parse_json(request.body());
  if (!body.ok()) return reply.send(body.error());
  if (!body->contains("language")) (*body)["language"] = request.call().locale();
  context.credentials().create(request.call(), *body, [&context, reply](Call& call, Result<User> user) {
    answer(reply, call, [&]() -> Result<Response> {
      if (!user.ok()) return user.error();
      context.log().info("user registered", {{"user_id", user->id}, {"address", call.remote_address()}}, &call);
      return Response::created(dump({{"user", registered_json(*user)}}), "auth.registered");
    });
  });
}

// The session is open; the login is stamped, and answered even where the stamp did not take.
void finish_login(const AuthContext& context, Call& call, const User& user, Tokens tokens, const Reply& reply) {
  context.credentials().signed_in(
      call, user.id, [&context, user, tokens = std::move(tokens), reply](Call& later, Result<void> stamped) {
        answer(reply, later, [&]() -> Result<Response> {
          if (!stamped.ok()) {
            context.log().warning("a login could not be stamped", {{"user_id", user.id}}, &later);
          }
          auto data = token_json(tokens);
          data["user"] = user_json(user);
          return Response::ok(dump(data), "auth.logged_in");
        });
      });
}

void log_refusal(const AuthContext& context, Call& call, std::string_view username, const Error& error) {
  context.log().warning("login refused",
                        {{"username", username.substr(0, kMaxLoggedName)},
                         {"address", call.remote_address()},
                         {"code", error.app_code()}},
                        &call);
}

void log_in(const AuthContext& context, Request& request, const Reply& reply) {
  const auto body = parse_json(request.body());
  if (!body.ok()) return reply.send(body.error());
  const auto username = body->value("username", "");
  const Client client{std::string(request.call().remote_address()),
                      std::string(request.header("User-Agent").value_or(""))};
  context.credentials().verify(
      request.call(), username, body->value("password", ""),
      [&context, username, client, reply](Call& call, Result<User> user) {
        if (!user.ok()) {
          log_refusal(context, call, username, user.error());
          return reply.send(user.error());
        }
        auto tokens = context.sessions(call).open(user->id, client);
        if (!tokens.ok()) return reply.send(tokens.error());
        context.log().info("logged in", {{"user_id", user->id}, {"address", call.remote_address()}}, &call);
        finish_login(context, call, *user, std::move(tokens).value(), reply);
      });
}

// Whether the user is still who he was when the session was opened.
Result<Response> renew(const AuthContext& context, Call& call, const Session& session, const Result<User>& user,
                       bool rotate) {
  const bool gone = !user.ok() && user.error().app_code() == code::kNotFound;
  if (!user.ok() && !gone) return user.error();
  const auto sessions = context.sessions(call);
  if (gone || !may_continue(session, *user)) {
    NEXUS_TRY(sessions.end(session.id));
    return token_invalid();
  }
  NEXUS_ASSIGN(const auto tokens, sessions.renew(session, rotate));
  return Response::ok(dump(token_json(tokens)), "auth.refreshed");
}

void refresh(const AuthContext& context, Request& request, const Reply& reply) {
  const auto body = parse_json(request.body());
  if (!body.ok()) return reply.send(body.error());
  auto session = context.sessions(request.call()).find_by_refresh_token(body->value("refresh_token", ""));
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
  const auto add = [&](std::string_view path, void (*handler)(const AuthContext&, Request&, const Reply&)) {
    registrar.deferred_route("POST", path, kPublic, [&context, handler](Request& request, const Reply& reply) {
      handler(context, request, reply);
    });
  };
  add("/api/v1/auth/register", register_user);
  add("/api/v1/auth/login", log_in);
  add("/api/v1/auth/refresh", refresh);
}

}  // namespace nexus::auth
