#include "administration_routes.h"

#include "late_answer.h"
#include "session_routes.h"

namespace nexus::auth {
namespace {

constexpr RouteOptions kManage{.permission = kManagePermission};
constexpr RouteOptions kManageRecent{.permission = kManagePermission, .needs_step_up = true};

// Answers from `work` where the user of the path exists.
template <class Work>
void with_user(const AuthContext& context, Request& request, const Reply& reply, Work work) {
  const auto id = request.id();
  if (!id.ok()) return reply.send(id.error());
  context.credentials().get(request.call(), *id, [work, reply](Call& call, Result<User> user) {
    answer(reply, call, [&]() -> Result<Response> {
      if (!user.ok()) return user.error();
      return work(call, user->id);
    });
  });
}

void list_user_sessions(const AuthContext& context, Request& request, const Reply& reply) {
  const auto page = Page::from(request);
  const std::string current(view(request.call().principal().session_id));
  with_user(context, request, reply, [&context, page, current](Call& call, std::int64_t user_id) {
    return session_page(context, call, user_id, page, current);
  });
}

void end_user_sessions(const AuthContext& context, Request& request, const Reply& reply) {
  with_user(context, request, reply, [&context](Call& call, std::int64_t user_id) -> Result<Response> {
    NEXUS_TRY(SessionStore(call).revoke_all(user_id, context.host().now_us()));
    invalidate_user(context.host(), user_id);
    return Response::done("auth.sessions_ended").with_audit(about_user(user_id));
  });
}

void remove_second_factor(const AuthContext& context, Request& request, const Reply& reply) {
  with_user(context, request, reply, [&context](Call& call, std::int64_t user_id) -> Result<Response> {
    NEXUS_ASSIGN(const bool removed, context.second_factors(call).remove(user_id));
    if (!removed) return Error::api(code::kNotFound);
    context.log().warning("second factor removed by an administrator", {{"user_id", user_id}}, &call);
    return Response::done("auth.second_factor_disabled").with_audit(about_user(user_id));
  });
}

}  // namespace

void add_administration_routes(Registrar& registrar, const AuthContext& context) {
  add_late_route(registrar, context, "GET", "/api/v1/users/:id/sessions", kManage, list_user_sessions);
  add_late_route(registrar, context, "DELETE", "/api/v1/users/:id/sessions", kManageRecent, end_user_sessions);
  add_late_route(registrar, context, "DELETE", "/api/v1/users/:id/2fa", kManageRecent, remove_second_factor);
}

}  // namespace nexus::auth
