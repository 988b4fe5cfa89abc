#include "session_routes.h"

#include "late_answer.h"

namespace nexus::auth {
namespace {

Json session_json(const Session& session, std::string_view current) {
  return {{"id", session.id},
          {"created_at", json_time(session.created_us)},
          {"last_used_at", json_time(session.last_used_us)},
          {"expires_at", json_time(session.expires_us)},
          {"remote_address", session.remote_address},
          {"user_agent", session.user_agent},
          {"current", session.id == current}};
}

std::string_view current_session(const Request& request) { return view(request.call().principal().session_id); }

Result<Response> log_out(const AuthContext& context, Request& request) {
  NEXUS_TRY(context.sessions(request.call()).end(current_session(request)));
  return Response::done("auth.logged_out").with_audit(about_user(request.call().user_id()));
}

Result<Response> log_out_everywhere(const AuthContext& context, Request& request) {
  auto& call = request.call();
  NEXUS_TRY(SessionStore(call).revoke_all(call.user_id(), context.host().now_us()));
  invalidate_user(context.host(), call.user_id());
  return Response::done("auth.logged_out_everywhere").with_audit(about_user(call.user_id()));
}

Result<Response> list_sessions(const AuthContext& context, Request& request) {
  auto& call = request.call();
  return session_page(context, call, call.user_id(), Page::from(request), current_session(request));
}

Result<Response> end_session(const AuthContext& context, Request& request) {
  auto& call = request.call();
  const std::string id(request.path_param("id"));
  NEXUS_TRY(context.sessions(call).end_of_user(id, call.user_id()));
  return Response::done("auth.session_ended").with_audit(about("sessions/" + id));
}

}  // namespace

Result<Response> session_page(const AuthContext& context, Call& call, std::int64_t user_id, const Page& page,
                              std::string_view current) {
  NEXUS_ASSIGN(const auto list, context.sessions(call).list(user_id, page.size, page.offset()));
  Json sessions = Json::array();
  for (const auto& session : list.sessions) sessions.push_back(session_json(session, current));
  return Response::ok(dump({{"sessions", std::move(sessions)}, {"pagination", page.pagination(list.total)}}));
}

void add_session_routes(Registrar& registrar, const AuthContext& context) {
  const auto add = [&](std::string_view method, std::string_view path,
                       Result<Response> (*handler)(const AuthContext&, Request&)) {
    registrar.route(method, path, kPerson, [&context, handler](Request& request) { return handler(context, request); });
  };
  add("POST", "/api/v1/auth/logout", log_out);
  add("POST", "/api/v1/auth/logout-all", log_out_everywhere);
  add("GET", "/api/v1/auth/sessions", list_sessions);
  add("DELETE", "/api/v1/auth/sessions/:id", end_session);
}

}  // namespace nexus::auth
