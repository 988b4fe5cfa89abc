#include "ticket_routes.h"

#include "late_answer.h"

namespace nexus::auth {
namespace {

Result<Response> issue_ticket(const AuthContext& context, Request& request) {
  auto& call = request.call();
  const auto session_id = view(call.principal().session_id);
  NEXUS_ASSIGN(const auto ticket, context.one_time_secrets(call).issue_ticket(call.user_id(), session_id));
  return Response::created(dump({{"ticket", ticket}, {"expires_in", kTicketSeconds}}))
      .with_audit(about_user(call.user_id()));
}

}  // namespace

void add_ticket_routes(Registrar& registrar, const AuthContext& context) {
  registrar.route("POST", "/api/v1/auth/ws-tickets", kPerson,
                  [&context](Request& request) { return issue_ticket(context, request); });
}

}  // namespace nexus::auth
