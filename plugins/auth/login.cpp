#include "login.h"

#include "late_answer.h"

#include <utility>

namespace nexus::auth {

Client client_of(const Request& request) {
  return {std::string(request.call().remote_address()), std::string(request.header("User-Agent").value_or(""))};
}

Json user_json(const User& user) {
  return {{"id", user.id},
          {"username", user.username},
          {"email", user.email},
          {"role", user.role},
          {"language", user.language}};
}

Json token_json(const Tokens& tokens) {
  Json json = {{"access_token", tokens.access}};
  if (!tokens.refresh.empty()) json["refresh_token"] = tokens.refresh;
  json["expires_in"] = tokens.expires_in;
  json["token_type"] = "Bearer";
  return json;
}

void complete_login(const AuthContext& context, Call& call, const User& user, const Client& client,
                    std::int64_t authenticated_us, const Reply& reply) {
  auto tokens = context.sessions(call).open(user.id, client, authenticated_us);
  if (!tokens.ok()) return reply.send(tokens.error());
  context.log().info("logged in", {{"user_id", user.id}, {"address", client.remote_address}}, &call);
  // answered even where the stamp does not take
  context.credentials().signed_in(
      call, user.id, [&context, user, tokens = std::move(tokens).value(), reply](Call& later, Result<void> stamped) {
        answer(reply, later, [&]() -> Result<Response> {
          if (!stamped.ok()) {
            context.log().warning("a login could not be stamped", {{"user_id", user.id}}, &later);
          }
          auto data = token_json(tokens);
          data["user"] = user_json(user);
          return Response::ok(dump(data), "auth.logged_in").with_audit(about_user(user.id, kept_name(user.username)));
        });
      });
}

}  // namespace nexus::auth
