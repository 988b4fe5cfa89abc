#include "audit_note.h"
#include "caller.h"
#include "host_key_service.h"
#include "routes.h"

#include <nexus/cpp/page.h>

namespace nexus::servers {
namespace {

Json host_key_json(const SeenHostKey& key) {
  return {{"id", key.id},
          {"host", key.host},
          {"port", key.port},
          {"type", key.type},
          {"fingerprint", key.fingerprint},
          {"state", key.state},
          {"first_seen_at", json_time(key.first_seen_us)},
          {"last_seen_at", json_time(key.last_seen_us)},
          {"decided_at", json_time(key.decided_us)},
          {"decided_by", json_or_null(key.decided_by)}};
}

Json host_keys_json(const std::vector<SeenHostKey>& keys) {
  Json out = Json::array();
  for (const auto& key : keys) out.push_back(host_key_json(key));
  return {{"host_keys", std::move(out)}};
}

Result<Response> review_host_keys(Request& request) {
  auto& call = request.call();
  const auto page = Page::from(request);
  const auto state = request.query("status").value_or("pending");
  const HostKeyService service(Sql(call), scope_of(call));
  NEXUS_ASSIGN(const auto found, service.review(state, page.size, page.offset()));
  Json keys = Json::array();
  for (const auto& one : found.items) {
    auto key = host_key_json(one.key);
    key["server"] = {{"id", one.server.id}, {"name", one.server.name}};
    keys.push_back(std::move(key));
  }
  return Response::ok(dump({{"host_keys", std::move(keys)}, {"pagination", page.pagination(found.total)}}));
}

Result<Response> list_host_keys(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto keys, HostKeyService(Sql(call), scope_of(call)).list(id));
  return Response::ok(dump(host_keys_json(keys)));
}

Result<Response> accept_host_key(Request& request, SshGateway& gateway) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  const auto fingerprint = body.value("fingerprint", "");
  NEXUS_ASSIGN(const auto keys,
               HostKeyService(Sql(call), scope_of(call)).accept(id, fingerprint, call.host().now_us()));
  gateway.forget(id);
  Log(call.host())
      .info("a host key was accepted", {{"server_id", id}, {"fingerprint", fingerprint}, {"user_id", call.user_id()}},
            &call);
  return Response::ok(dump(host_keys_json(keys)), "servers.host_key_accepted")
      .with_audit(audit_note("servers", id, {{"fingerprint", fingerprint}}));
}

Result<Response> reject_host_key(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  const auto fingerprint = body.value("fingerprint", "");
  NEXUS_ASSIGN(const auto keys,
               HostKeyService(Sql(call), scope_of(call)).reject(id, fingerprint, call.host().now_us()));
  return Response::ok(dump(host_keys_json(keys)), "servers.host_key_rejected")
      .with_audit(audit_note("servers", id, {{"fingerprint", fingerprint}}));
}

}  // namespace

void add_host_key_routes(Registrar& registrar, SshGateway& gateway) {
  registrar.route("GET", "/api/v1/servers/host-keys", {.permission = kReadPermission}, review_host_keys);
  registrar.route("GET", "/api/v1/servers/:id/host-keys", {.permission = kReadPermission}, list_host_keys);
  registrar.route("POST", "/api/v1/servers/:id/host-keys/accept", {.permission = kWritePermission},
                  [&gateway](Request& request) { return accept_host_key(request, gateway); });
  registrar.route("POST", "/api/v1/servers/:id/host-keys/reject", {.permission = kWritePermission}, reject_host_key);
}

}  // namespace nexus::servers
