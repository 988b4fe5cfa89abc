#include "audit_note.h"
#include "caller.h"
#include "group_service.h"
#include "if_match.h"
#include "routes.h"

#include <nexus/cpp/page.h>

namespace nexus::servers {
namespace {

GroupService groups_for(Call& call) { return {GroupStore(Sql(call)), scope_of(call)}; }

Json group_json(const Group& group) {
  return {{"id", group.id},
          {"name", group.name},
          {"description", group.description},
          {"parent_id", json_or_null(group.parent_id)},
          {"server_count", group.server_count},
          {"access", to_string(group.access)},
          {"created_at", json_time(group.created_us)},
          {"updated_at", json_time(group.updated_us)}};
}

Result<GroupChange> group_change(const Request& request) {
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  GroupChange change{optional_text(body, "name"), optional_text(body, "description"), {}};
  if (body.contains("parent_id")) change.parent_id = optional_integer(body, "parent_id");
  return change;
}

Result<Response> list_groups(Request& request) {
  const auto page = Page::from(request);
  NEXUS_ASSIGN(const auto found, groups_for(request.call()).list(page.size, page.offset()));
  Json groups = Json::array();
  for (const auto& group : found.items) groups.push_back(group_json(group));
  return Response::ok(dump({{"groups", std::move(groups)}, {"pagination", page.pagination(found.total)}}));
}

Result<Response> add_group(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto change, group_change(request));
  NEXUS_ASSIGN(const auto group, groups_for(call).add(change, call.host().now_us()));
  return Response::created(dump({{"group", group_json(group)}}), "servers.group_added")
      .with_header("ETag", etag_of(group.updated_us))
      .with_audit(
          audit_note("server-groups", group.id, {{"name", group.name}, {"parent_id", json_or_null(group.parent_id)}}));
}

Result<Response> get_group(Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto group, groups_for(request.call()).get(id));
  return Response::ok(dump({{"group", group_json(group)}})).with_header("ETag", etag_of(group.updated_us));
}

Result<Response> change_group(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto change, group_change(request));
  NEXUS_ASSIGN(const auto changed, groups_for(call).change(id, change, call.host().now_us(), if_match(request)));
  return Response::ok(dump({{"group", group_json(changed.now)}}))
      .with_header("ETag", etag_of(changed.now.updated_us))
      .with_audit(audit_note("server-groups", id, audit_changes(changed)));
}

Result<Response> remove_group(Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto group, groups_for(request.call()).remove(id, if_match(request)));
  return Response::done().with_audit(
      audit_note("server-groups", id, {{"name", group.name}, {"owner_user_id", group.owner_user_id}}));
}

}  // namespace

void add_group_routes(Registrar& registrar) {
  registrar.route("GET", "/api/v1/server-groups", {.permission = kReadPermission}, list_groups);
  registrar.route("POST", "/api/v1/server-groups", {.permission = kWritePermission}, add_group);
  registrar.route("GET", "/api/v1/server-groups/:id", {.permission = kReadPermission}, get_group);
  registrar.route("PATCH", "/api/v1/server-groups/:id", {.permission = kWritePermission}, change_group);
  registrar.route("DELETE", "/api/v1/server-groups/:id", {.permission = kWritePermission}, remove_group);
}

}  // namespace nexus::servers
