#include "caller.h"
#include "group_service.h"
#include "routes.h"

#include <nexus/cpp/page.h>

namespace nexus::servers {
namespace {

GroupService groups_for(Call& call) { return {GroupStore(Sql(call)), scope_of(call)}; }

Json group_json(const Group& group) {
  return {{"id", group.id},
          {"name", group.name},
          {"description", group.description},
          {"server_count", group.server_count},
          {"created_at", json_time(group.created_us)},
          {"updated_at", json_time(group.updated_us)}};
}

Result<GroupChange> group_change(const Request& request) {
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  return GroupChange{optional_text(body, "name"), optional_text(body, "description")};
}

Result<Response> list_groups(Request& request) {
  const auto page = Page::from(request);
  NEXUS_ASSIGN(const auto found, groups_for(request.call()).list(page.size, page.offset()));
  Json groups = Json::array();
  for (const auto& group : found.groups) groups.push_back(group_json(group));
  return Response::ok(dump({{"groups", std::move(groups)}, {"pagination", page.pagination(found.total)}}));
}

Result<Response> add_group(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto change, group_change(request));
  NEXUS_ASSIGN(const auto group, groups_for(call).add(change, call.host().now_us()));
  return Response::created(dump({{"group", group_json(group)}}), "servers.group_added");
}

Result<Response> get_group(Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto group, groups_for(request.call()).get(id));
  return Response::ok(dump({{"group", group_json(group)}}));
}

Result<Response> change_group(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto change, group_change(request));
  NEXUS_ASSIGN(const auto group, groups_for(call).change(id, change, call.host().now_us()));
  return Response::ok(dump({{"group", group_json(group)}}));
}

Result<Response> remove_group(Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_TRY(groups_for(request.call()).remove(id));
  return Response::done();
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
