#include "password_routes.h"

#include "late_answer.h"

#include <memory>
#include <utility>

namespace nexus::auth {
namespace {

struct Change {
  std::int64_t user_id;
  std::string session_id;
  std::int64_t started_us;
  std::shared_ptr<void> under_way;  // until it is answered
};

// The service calls the new password `password`; the request's body has two.
Error renamed(const Error& error) {
  return error.field() == "password" ? Error::field("new_password", error.rule(), error.details_key(), error.args())
                                     : error;
}

// The session that asked goes on, because it has just shown the password that counted; not beyond the new one's time,
// so that the next change ends it unless it asked for that too.
Result<void> end_others(const AuthContext& context, Call& call, const Change& change, const User& user) {
  NEXUS_TRY(context.sessions(call).renew_authentication(change.session_id,
                                                        std::max(change.started_us, user.password_changed_us)));
  NEXUS_TRY(SessionStore(call).revoke_others(change.user_id, change.session_id, context.host().now_us()));
  return {};
}

Result<Response> finish_change(const AuthContext& context, Call& call, const Change& change, const Result<User>& user) {
  if (!user.ok()) return renamed(user.error());
  const auto ended = end_others(context, call, change, *user);
  invalidate_user(context.host(), change.user_id);
  if (!ended.ok()) {
    // the password is new whatever happens here, and sessions from before it are refused without this too
    context.log().error("sessions could not be ended after a change of the password",
                        {{"user_id", change.user_id}, {"reason", ended.error().what()}}, &call);
  }
  return Response::done("auth.password_changed").with_audit(about_user(change.user_id));
}

void change_password(const AuthContext& context, Request& request, const Reply& reply) {
  const auto body = parse_json(request.body());
  if (!body.ok()) return reply.send(body.error());
  auto& call = request.call();
  const auto session_id = view(call.principal().session_id);
  Change change{call.user_id(), std::string(session_id), context.host().now_us(),
                context.password_changes().begin(call.user_id(), session_id)};
  context.credentials().change_password(
      call, change.user_id, body->value("old_password", ""), body->value("new_password", ""),
      [&context, change = std::move(change), reply](Call& later, Result<User> user) {
        answer(reply, later, [&] { return finish_change(context, later, change, user); });
      });
}

}  // namespace

void add_password_routes(Registrar& registrar, const AuthContext& context) {
  add_late_route(registrar, context, "PUT", "/api/v1/users/me/password", kPerson, change_password);
}

}  // namespace nexus::auth
