#include "audit_note.h"
#include "connection_test.h"
#include "if_match.h"
#include "publish.h"
#include "routes.h"
#include "service_of.h"
#include "status_reason.h"
#include "tags.h"

#include <nexus/cpp/page.h>

namespace nexus::servers {
namespace {

// All stages of a connection, one after the other.
constexpr std::uint32_t kTestRouteTimeoutMs = 45'000;
// Each is a look into an index, and every number of them a statement of its own.
constexpr std::size_t kMostFilteredTags = 8;

// In the caller's language; null where there is nothing to explain.
Json status_message(const Call& call, const Server& server) {
  return server.status_reason ? Json(call.translate(status_message_key(*server.status_reason))) : Json();
}

Json listed(const Call& call, const Server& server) {
  return {{"id", server.id},
          {"name", server.name},
          {"host", server.host},
          {"port", server.port},
          {"ssh_user", server.ssh_user},
          {"status", server.status},
          {"os_info", json_or_null(server.os_info)},
          {"last_heartbeat", json_time(server.last_heartbeat_us)},
          {"created_at", json_time(server.created_us)},
          {"status_reason", json_or_null(server.status_reason)},
          {"status_message", status_message(call, server)}};
}

Json added(const Server& server) {
  return {{"id", server.id},
          {"name", server.name},
          {"host", server.host},
          {"port", server.port},
          {"ssh_user", server.ssh_user},
          {"status", server.status},
          {"created_at", json_time(server.created_us)}};
}

Json detailed(const Call& call, const ServerDetail& detail) {
  const auto& server = detail.server;
  auto value = listed(call, server);
  value["updated_at"] = json_time(server.updated_us);
  value["description"] = server.description;
  value["tags"] = server.tags;
  value["group_ids"] = detail.group_ids;
  value["jump_server_id"] = json_or_null(server.jump_server_id);
  value["ssh_key_id"] = json_or_null(server.ssh_key_id);
  value["has_password"] = server.has_password;
  value["owner_user_id"] = server.owner_user_id;
  value["access"] = to_string(server.access);
  return value;
}

// The route's schema has checked the types.
ServerChange change_from(const Json& body) {
  ServerChange change;
  change.name = optional_text(body, "name");
  change.host = optional_text(body, "host");
  change.port = optional_integer(body, "port");
  change.ssh_user = optional_text(body, "ssh_user");
  change.description = optional_text(body, "description");
  change.host_key_fingerprint = optional_text(body, "host_key_fingerprint");
  if (body.contains("ssh_key_id")) change.ssh_key_id = optional_integer(body, "ssh_key_id");
  if (body.contains("jump_server_id")) change.jump_server_id = optional_integer(body, "jump_server_id");
  if (body.contains("password")) {
    auto password = optional_text(body, "password");
    change.password.emplace();
    if (password) change.password->emplace(std::move(*password));
  }
  if (body.contains("group_ids")) change.group_ids = body["group_ids"].get<std::vector<std::int64_t>>();
  if (body.contains("tags")) change.tags = body["tags"].get<std::vector<std::string>>();
  return change;
}

std::string server_query(const Request& request, std::string_view name) {
  return std::string(request.query(name).value_or(""));
}

Result<Response> list_servers(Request& request) {
  const auto page = Page::from(request);
  ServerFilter filter;
  if (request.query("group_id")) filter.group_id = request.query_number("group_id", 0);
  if (const auto status = request.query("status")) filter.status = std::string(*status);
  filter.search = server_query(request, "search");
  filter.tags = listed_tags(server_query(request, "tag"));
  if (filter.tags.size() > kMostFilteredTags) return Error::api(code::kMalformed, "servers.too_many_filters");
  if (const auto sort = server_query(request, "sort"); !sort.empty()) filter.sort = sort;
  filter.limit = page.size;
  filter.offset = page.offset();
  NEXUS_ASSIGN(const auto found, service_of(request.call()).list(filter));
  Json servers = Json::array();
  for (const auto& server : found.servers) servers.push_back(listed(request.call(), server));
  return Response::ok(dump({{"servers", std::move(servers)}, {"pagination", page.pagination(found.total)}}));
}

Result<Response> add_server(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  const auto change = change_from(body);
  NEXUS_ASSIGN(const auto detail, service_of(call).add(change, call.host().now_us()));
  publish(call, kAddedTopic, detail.server);
  auto facts = audit_facts(detail.server);
  if (change.host_key_fingerprint) facts["host_key_fingerprint"] = *change.host_key_fingerprint;
  return Response::created(dump({{"server", added(detail.server)}}), "servers.added")
      .with_header("ETag", etag_of(detail.server.updated_us))
      .with_audit(audit_note("servers", detail.server.id, facts));
}

Result<Response> get_server(Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto detail, service_of(request.call()).get(id));
  return Response::ok(dump({{"server", detailed(request.call(), detail)}}))
      .with_header("ETag", etag_of(detail.server.updated_us));
}

Result<Response> change_server(Request& request, SshGateway& gateway) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  const auto change = change_from(body);
  NEXUS_ASSIGN(const auto changed, service_of(call).change(id, change, call.host().now_us(), if_match(request)));
  gateway.forget(id);
  publish(call, kChangedTopic, changed.now.server);
  return Response::ok(dump({{"server", detailed(call, changed.now)}}))
      .with_header("ETag", etag_of(changed.now.server.updated_us))
      .with_audit(audit_note("servers", id, audit_changes(changed, change.password.has_value())));
}

Result<Response> remove_server(Request& request, SshGateway& gateway) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto server, service_of(call).remove(id, if_match(request)));
  gateway.forget(id);
  publish(call, kRemovedTopic, server);
  return Response::done().with_audit(audit_note("servers", id, audit_facts(server)));
}

void test_server(Request& request, const Reply& reply, SshGateway& gateway) {
  const auto start = [&]() -> Result<void> {
    NEXUS_ASSIGN(const auto id, request.id());
    auto& call = request.call();
    NEXUS_ASSIGN(const auto access, existing(ServerStore(Sql(call)).find_access(scope_of(call), id)));
    NEXUS_TRY(require(access.server.access, Level::operate));
    NEXUS_ASSIGN(const auto target, gateway.target_of(call, access));
    NEXUS_ASSIGN(auto child, OwnedCall::child(call));
    test_connection(gateway, target, std::move(child), reply);
    return {};
  };
  if (const auto started = start(); !started.ok()) reply.send(started.error());
}

void test_unsaved_server(Request& request, const Reply& reply, SshGateway& gateway) {
  const auto start = [&]() -> Result<void> {
    auto& call = request.call();
    // The route's own permission is the one for adding: this does what both are for.
    if (!call.allowed(kConnectPermission)) return Error::api(code::kForbidden);
    NEXUS_ASSIGN(const Json body, parse_json(request.body()));
    auto& tests = gateway.unsaved_tests();
    const auto change = change_from(body);
    NEXUS_ASSIGN(auto access, service_of(call).unsaved(change, tests.new_id()));
    const UnsavedServer server{std::move(access), change.host_key_fingerprint.value_or("")};
    const auto place = tests.enter(unsaved_address(server.access.server), ssh::Clock::now());
    if (place.ok()) return test_unsaved(gateway, place.value(), server, call, reply);
    reply.send(unsaved_refused(place.error(), server.access.server, call));
    return {};
  };
  if (const auto started = start(); !started.ok()) reply.send(started.error());
}

}  // namespace

void add_server_routes(Registrar& registrar, SshGateway& gateway) {
  registrar.route("GET", "/api/v1/servers", {.permission = kReadPermission}, list_servers);
  registrar.route("POST", "/api/v1/servers", {.permission = kWritePermission}, add_server);
  registrar.route("GET", "/api/v1/servers/:id", {.permission = kReadPermission}, get_server);
  registrar.route("PATCH", "/api/v1/servers/:id", {.permission = kWritePermission},
                  [&gateway](Request& request) { return change_server(request, gateway); });
  registrar.route("DELETE", "/api/v1/servers/:id", {.permission = kWritePermission},
                  [&gateway](Request& request) { return remove_server(request, gateway); });
  registrar.deferred_route(
      "POST", "/api/v1/servers/test-connection", {.permission = kWritePermission, .timeout_ms = kTestRouteTimeoutMs},
      [&gateway](Request& request, const Reply& reply) { test_unsaved_server(request, reply, gateway); });
  registrar.deferred_route("POST", "/api/v1/servers/:id/test-connection",
                           {.permission = kConnectPermission, .timeout_ms = kTestRouteTimeoutMs},
                           [&gateway](Request& request, const Reply& reply) { test_server(request, reply, gateway); });
}

}  // namespace nexus::servers
