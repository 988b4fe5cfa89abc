#include "audit_note.h"
#include "caller.h"
#include "if_match.h"
#include "key_service.h"
#include "routes.h"

#include <nexus/cpp/page.h>

namespace nexus::servers {
namespace {

// A key's own derivation is bounded at 3 s of CPU, on a machine that may be busy.
constexpr std::uint32_t kAddKeyTimeoutMs = 60'000;

KeyService keys_for(Call& call) { return {Sql(call), SecretBox(call.host()), scope_of(call)}; }

Json key_json(const SshKey& key) {
  return {{"id", key.id},
          {"name", key.name},
          {"type", key.type},
          {"fingerprint", key.fingerprint},
          {"public_key", key.public_key},
          {"created_at", json_time(key.created_us)},
          {"updated_at", json_time(key.updated_us)}};
}

std::optional<SecretString> secret_text(const Json& body, const char* key) {
  auto text = optional_text(body, key);
  return text ? std::optional<SecretString>(std::move(*text)) : std::nullopt;
}

Result<Response> list_keys(Request& request) {
  const auto page = Page::from(request);
  NEXUS_ASSIGN(const auto found, keys_for(request.call()).list(page.size, page.offset()));
  Json keys = Json::array();
  for (const auto& key : found.items) keys.push_back(key_json(key));
  return Response::ok(dump({{"ssh_keys", std::move(keys)}, {"pagination", page.pagination(found.total)}}));
}

Result<Response> add_key(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  NewKey wanted;
  wanted.name = body.value("name", "");
  wanted.private_key = secret_text(body, "private_key");
  wanted.passphrase = secret_text(body, "passphrase");
  wanted.generate = optional_text(body, "generate");
  NEXUS_ASSIGN(const auto key, keys_for(call).add(wanted, call.host().now_us()));
  return Response::created(dump({{"ssh_key", key_json(key)}}), "servers.key_added")
      .with_header("ETag", etag_of(key.updated_us))
      .with_audit(audit_note("ssh-keys", key.id, audit_facts(key)));
}

Result<Response> get_key(Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto key, keys_for(request.call()).get(id));
  return Response::ok(dump({{"ssh_key", key_json(key)}})).with_header("ETag", etag_of(key.updated_us));
}

Result<Response> rename_key(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  NEXUS_ASSIGN(const auto changed,
               keys_for(call).rename(id, body.value("name", ""), call.host().now_us(), if_match(request)));
  return Response::ok(dump({{"ssh_key", key_json(changed.now)}}))
      .with_header("ETag", etag_of(changed.now.updated_us))
      .with_audit(audit_note("ssh-keys", id, audit_changes(changed)));
}

Result<Response> remove_key(Request& request) {
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_ASSIGN(const auto key, keys_for(request.call()).remove(id, if_match(request)));
  return Response::done().with_audit(audit_note("ssh-keys", id, audit_facts(key)));
}

}  // namespace

void add_key_routes(Registrar& registrar) {
  registrar.route("GET", "/api/v1/ssh-keys", {.permission = kReadPermission}, list_keys);
  registrar.route("POST", "/api/v1/ssh-keys", {.permission = kWritePermission, .timeout_ms = kAddKeyTimeoutMs},
                  add_key);
  registrar.route("GET", "/api/v1/ssh-keys/:id", {.permission = kReadPermission}, get_key);
  registrar.route("PATCH", "/api/v1/ssh-keys/:id", {.permission = kWritePermission}, rename_key);
  registrar.route("DELETE", "/api/v1/ssh-keys/:id", {.permission = kWritePermission, .needs_step_up = true},
                  remove_key);
}

}  // namespace nexus::servers
