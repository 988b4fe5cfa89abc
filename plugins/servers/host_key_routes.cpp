#include "audit_note.h"
#include "caller.h"
#include "host_key_service.h"
#include "routes.h"

#include <nexus/cpp/json.h>

namespace nexus::servers {
namespace {

Json host_keys_json(const std::vector<SeenHostKey>& keys) {
  Json out = Json::array();
  for (const auto& key : keys) {
    out.push_back({{"id", key.id},
                   {"host", key.host},
                   {"port", key.port},
                   {"type", key.type},
                   {"fingerprint", key.fingerprint},
                   {"state", key.state},
                   {"first_seen_at", json_time(key.first_seen_us)},
                   {"last_seen_at", json_time(key.last_seen_us)},
                   {"decided_at", json_time(key.decided_us)},
                   {"decided_by", json_or_null(key.decided_by)}});
  }
  return {{"host_keys", std::move(out)}};
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

}  // namespace

void add_host_key_routes(Registrar& registrar, SshGateway& gateway) {
  registrar.route("GET", "/api/v1/servers/:id/host-keys", {.permission = kReadPermission}, list_host_keys);
  registrar.route("POST", "/api/v1/servers/:id/host-keys/accept", {.permission = kWritePermission},
                  [&gateway](Request& request) { return accept_host_key(request, gateway); });
}

}  // namespace nexus::servers
