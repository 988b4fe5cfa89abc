// WS /api/v1/servers/:id/terminal: a new session, or one that goes on.
#include "permissions.h"
#include "routes.h"

namespace nexus::terminal {
namespace {

constexpr std::string_view kDefaultTerm = "xterm-256color";
// A paste in one piece; longer ones come in several.
constexpr std::uint32_t kMostInput = 256 * 1024;

struct Joined {
  std::shared_ptr<Session> session;
  Role role = Role::writer;
};

Result<Joined> join_existing(const Request& request, const SessionRegistry& sessions, std::int64_t server_id,
                             std::int64_t session_id) {
  NEXUS_ASSIGN(auto session, sessions.find(request.call(), session_id));
  if (session->about().server_id != server_id) return Error(Status::not_found);
  const bool is_own = session->about().user_id == request.call().user_id();
  const bool only_watches = !is_own || request.query("view").value_or("") == "true";
  return Joined{std::move(session), only_watches ? Role::viewer : Role::writer};
}

Result<Joined> join(const Request& request, SessionRegistry& sessions) {
  NEXUS_ASSIGN(const auto server_id, request.id());
  if (const auto session_id = request.query_number("session", 0); session_id != 0) {
    return join_existing(request, sessions, server_id, session_id);
  }
  const Size size{request.query_number("cols", Size{}.cols), request.query_number("rows", Size{}.rows)};
  NEXUS_ASSIGN(auto session,
               sessions.open(request.call(), server_id, size, request.query("term").value_or(kDefaultTerm)));
  return Joined{std::move(session), Role::writer};
}

Result<std::shared_ptr<WsSession>> open_terminal(Request& request, const WebSocket& socket,
                                                 std::string_view subprotocol, SessionRegistry& sessions) {
  NEXUS_ASSIGN(auto speaker, OwnedCall::child(request.call()));
  NEXUS_ASSIGN(const auto joined, join(request, sessions));
  auto viewer = std::make_shared<Viewer>(socket, subprotocol == kBinaryProtocol, std::move(speaker));
  viewer->join(joined.session);
  NEXUS_TRY(joined.session->attach(viewer, joined.role));
  return std::shared_ptr<WsSession>(std::move(viewer));
}

}  // namespace

void add_terminal_endpoint(Registrar& registrar, SessionRegistry& sessions) {
  registrar.endpoint("/api/v1/servers/:id/terminal",
                     {.permission = kOpenPermission,
                      .needs_second_factor = true,
                      .is_inline = true,
                      .credit = true,
                      .subprotocols = kBinaryProtocol,
                      .max_message = kMostInput},
                     [&sessions](Request& request, const WebSocket& socket, std::string_view subprotocol) {
                       return open_terminal(request, socket, subprotocol, sessions);
                     });
}

}  // namespace nexus::terminal
