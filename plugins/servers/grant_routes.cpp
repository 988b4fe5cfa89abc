#include "audit_note.h"
#include "caller.h"
#include "if_match.h"
#include "routes.h"
#include "user_directory.h"

namespace nexus::servers {
namespace {

GrantService grants_for(Call& call) { return {Sql(call), scope_of(call)}; }

std::vector<std::int64_t> ids_of(const std::vector<Grant>& grants) {
  std::vector<std::int64_t> ids;
  for (const auto& grant : grants) ids.push_back(grant.user_id);
  return ids;
}

// An account that was removed a moment ago has no name, and its grant goes with the event that says so.
Response grants_answer(const std::vector<Grant>& grants, const Users& users) {
  Json list = Json::array();
  for (const auto& grant : grants) {
    const auto user = users.find(grant.user_id);
    if (user == users.end()) continue;
    list.push_back({{"user_id", grant.user_id},
                    {"username", user->second.username},
                    {"level", to_string(grant.level)},
                    {"created_at", json_time(grant.created_us)}});
  }
  return Response::ok(dump({{"grants", std::move(list)}})).with_header("ETag", etag_of(state_of(grants)));
}

// The route's schema has checked the types.
Result<std::vector<Grant>> read_grants(const Request& request) {
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  std::vector<WantedGrant> wanted;
  for (const auto& one : body.value("grants", Json::array())) {
    wanted.push_back({one.value("user_id", std::int64_t{0}), one.value("level", "")});
  }
  return grants_from(wanted);
}

Result<void> check_users(const std::vector<Grant>& wanted, const Users& users) {
  for (std::size_t index = 0; index < wanted.size(); ++index) {
    if (users.contains(wanted[index].user_id)) continue;
    return Error::field(grant_field(index, "user_id"), "exists", "servers.user_unknown");
  }
  return {};
}

Result<void> list_grants(Request& request, const Reply& reply, const Binding& users) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(auto grants, grants_for(request.call()).list(id));
  NEXUS_ASSIGN(auto child, OwnedCall::child(request.call()));
  auto ids = ids_of(grants);
  find_users(std::move(child), users, std::move(ids),
             [reply, grants = std::move(grants)](Call&, const Result<Users>& found) {
               if (!found.ok()) return reply.send(found.error());
               reply.send(grants_answer(grants, *found));
             });
  return {};
}

Result<Response> replace_grants(Call& call, std::int64_t group_id, const std::vector<Grant>& wanted,
                                const Precondition& seen, const Result<Users>& users) {
  if (!users.ok()) return users.error();
  NEXUS_TRY(check_users(wanted, *users));
  NEXUS_ASSIGN(const auto change, grants_for(call).replace(group_id, wanted, call.host().now_us(), seen));
  return grants_answer(change.now, *users)
      .with_audit(audit_note("server-groups", group_id, {{"grants", audit_changes(change)}}));
}

Result<void> put_grants(Request& request, const Reply& reply, const Binding& users) {
  NEXUS_ASSIGN(const auto id, request.id());
  // Before anybody else is asked: who may not change this list learns nothing about users here.
  NEXUS_TRY(grants_for(request.call()).list(id));
  NEXUS_ASSIGN(auto wanted, read_grants(request));
  NEXUS_ASSIGN(auto child, OwnedCall::child(request.call()));
  auto ids = ids_of(wanted);
  find_users(std::move(child), users, std::move(ids),
             [reply, id, wanted = std::move(wanted), seen = if_match(request)](Call& call, const Result<Users>& found) {
               reply.send(replace_grants(call, id, wanted, seen, found));
             });
  return {};
}

using Starter = Result<void> (*)(Request&, const Reply&, const Binding&);

DeferredHandler started(Starter start, const Binding& users) {
  return [start, users](Request& request, const Reply& reply) {
    if (const auto done = start(request, reply, users); !done.ok()) reply.send(done.error());
  };
}

}  // namespace

void add_grant_routes(Registrar& registrar, const Binding& users) {
  registrar.deferred_route("GET", "/api/v1/server-groups/:id/grants", {.permission = kReadPermission},
                           started(list_grants, users));
  registrar.deferred_route("PUT", "/api/v1/server-groups/:id/grants", {.permission = kWritePermission},
                           started(put_grants, users));
}

}  // namespace nexus::servers
