#include "audit_note.h"
#include "caller.h"
#include "import_service.h"
#include "item_error.h"
#include "publish.h"
#include "routes.h"

#include <algorithm>

namespace nexus::servers {
namespace {

// A thousand servers, on a disk that is busy.
constexpr std::uint32_t kImportTimeoutMs = 60'000;

// The catalogue's name of the reason, for programs: "name_taken".
std::string reason_word(const Error& error) {
  constexpr std::string_view kOurs = "servers.";
  const std::string_view key = error.details_key();
  return std::string(key.starts_with(kOurs) ? key.substr(kOurs.size()) : key);
}

Json outcome_json(const Call& call, const ImportOutcome& outcome, bool dry_run) {
  Json out = {{"line", outcome.line}, {"name", outcome.name}, {"action", to_string(outcome.action)}};
  if (outcome.server && !dry_run) out["server_id"] = outcome.server->id;
  if (!outcome.reason) return out;
  out["reason"] = reason_word(*outcome.reason);
  out.update(item_error(call, *outcome.reason));
  return out;
}

std::int64_t count_of(const std::vector<ImportOutcome>& outcomes, ImportAction action) {
  return std::count_if(outcomes.begin(), outcomes.end(), [&](const auto& one) { return one.action == action; });
}

void tell(Call& call, const Server& server) {
  publish(call, kAddedTopic, server);
  const auto noted = record_audit(call.host(), &call, "importServer", "servers/" + std::to_string(server.id),
                                  dump(audit_facts(server)));
  if (!noted.ok()) Log(call.host()).error("no audit entry", {{"server_id", server.id}}, &call);
}

Result<Response> import_servers(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  const bool dry_run = body.value("dry_run", true);
  const auto format = body.value("format", "");
  NEXUS_ASSIGN(auto entries, parse_import(format, body.value("content", "")));
  const ImportService service(Sql(call), SecretBox(call.host()), scope_of(call));
  NEXUS_ASSIGN(const auto outcomes, service.run(std::move(entries), dry_run, call.host().now_us()));
  Json list = Json::array();
  for (const auto& outcome : outcomes) {
    list.push_back(outcome_json(call, outcome, dry_run));
    if (outcome.server && !dry_run) tell(call, *outcome.server);
  }
  const Json counts = {{"create", count_of(outcomes, ImportAction::create)},
                       {"skip", count_of(outcomes, ImportAction::skip)},
                       {"error", count_of(outcomes, ImportAction::error)}};
  AuditNote note;
  note.target = "servers";
  note.details_json = dump({{"format", format}, {"dry_run", dry_run}, {"counts", counts}});
  return Response::ok(dump({{"dry_run", dry_run}, {"counts", counts}, {"entries", std::move(list)}}))
      .with_audit(std::move(note));
}

}  // namespace

void add_import_routes(Registrar& registrar) {
  registrar.route("POST", "/api/v1/servers/import", {.permission = kWritePermission, .timeout_ms = kImportTimeoutMs},
                  import_servers);
}

}  // namespace nexus::servers
