#include "permissions.h"
#include "routes.h"

namespace nexus::terminal {
namespace {

Json session_json(const SessionState& state) {
  return {{"id", state.about.id},
          {"server_id", state.about.server_id},
          {"user_id", state.about.user_id},
          {"username", state.about.user_name},
          {"remote_address", state.about.remote_address},
          {"cols", state.size.cols},
          {"rows", state.size.rows},
          {"attached", state.is_attached},
          {"viewers", state.viewers},
          {"recorded", state.is_recorded},
          {"output_bytes", state.output_bytes},
          {"last_input_at", json_time(state.last_input_us)},
          {"started_at", json_time(state.about.started_us)}};
}

Result<Response> list_sessions(Request& request, const SessionRegistry& sessions) {
  Json list = Json::array();
  for (const auto& state : sessions.list(request.call())) list.push_back(session_json(state));
  return Response::ok(dump({{"sessions", std::move(list)}}));
}

Result<Response> end_session(Request& request, const SessionRegistry& sessions) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto session, sessions.find(request.call(), id));
  session->end("killed");
  const Json details = {{"server_id", session->about().server_id}, {"user_id", session->about().user_id}};
  return Response::done("terminal.session_ended")
      .with_audit({"terminal/sessions/" + std::to_string(id), dump(details)});
}

}  // namespace

void add_session_routes(Registrar& registrar, SessionRegistry& sessions) {
  registrar.route("GET", "/api/v1/terminal/sessions", {.permission = kOpenPermission},
                  [&sessions](Request& request) { return list_sessions(request, sessions); });
  registrar.route("DELETE", "/api/v1/terminal/sessions/:id", {.permission = kOpenPermission},
                  [&sessions](Request& request) { return end_session(request, sessions); });
}

}  // namespace nexus::terminal
