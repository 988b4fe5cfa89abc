#include "session_routes.h"

#include <nexus/cpp/page.h>

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
  return Response::done("auth.logged_out");
}

Result<Response> log_out_everywhere(const AuthContext& context, Request& request) {
  auto& call = request.call();
  NEXUS_TRY(SessionStore(call).revoke_all(call.user_id(), context.host().now_us()));
  invalidate_user(context.host(), call.user_id());
  return Response::done("auth.logged_out_everywhere");
}

Result<Response> list_sessions(const AuthContext& context, Request& request) {
  const auto page = Page::from(request);
  auto& call = request.call();
  NEXUS_ASSIGN(const auto list, context.sessions(call).list(call.user_id(), page.size, page.offset()));
  Json sessions = Json::array();
  for (const auto& session : list.sessions) sessions.push_back(session_json(session, current_session(request)));
  return Response::ok(dump({{"sessions", std::move(sessions)}, {"pagination", page.pagination(list.total)}}));
}

Result<Response> end_session(const AuthContext& context, Request& request) {
  auto& call = request.call();
  NEXUS_TRY(context.sessions(call).end_of_user(request.path_param("id"), call.user_id()));
  return Response::done("auth.session_ended");
}

}  // namespace

void add_session_routes(Registrar& registrar, const AuthContext& context) {
  const auto add = [&](std::string_view method, std::string_view path,
                       Result<Response> (*handler)(const AuthContext&, Request&)) {
    registrar.route(method, path, {}, [&context, handler](Request& request) { return handler(context, request); });
  };
  add("POST", "/api/v1/auth/logout", log_out);
  add("POST", "/api/v1/auth/logout-all", log_out_everywhere);
  add("GET", "/api/v1/auth/sessions", list_sessions);
  add("DELETE", "/api/v1/auth/sessions/:id", end_session);
}

}  // namespace nexus::auth
