#include "audit_note.h"
#include "batch_service.h"
#include "item_error.h"
#include "publish.h"
#include "routes.h"
#include "service_of.h"

#include <algorithm>

namespace nexus::servers {
namespace {

// Two hundred transactions, on a disk that is busy.
constexpr std::uint32_t kBatchTimeoutMs = 60'000;

// The route's schema has checked the types.
Result<Batch> batch_from(const Request& request) {
  NEXUS_ASSIGN(const Json body, parse_json(request.body()));
  Batch batch{body.value("action", ""), body.value("ids", std::vector<std::int64_t>{}), {}, {}};
  const auto args = body.value("args", Json::object());
  if (args.contains("group_ids")) batch.group_ids = args["group_ids"].get<std::vector<std::int64_t>>();
  if (args.contains("tags")) batch.tags = args["tags"].get<std::vector<std::string>>();
  std::sort(batch.ids.begin(), batch.ids.end());
  batch.ids.erase(std::unique(batch.ids.begin(), batch.ids.end()), batch.ids.end());
  NEXUS_TRY(check_batch(batch));
  return batch;
}

// What was done to it, for the trail.
Result<Json> apply_to(Call& call, SshGateway& gateway, const Batch& batch, std::int64_t id) {
  const auto change = change_of(batch);
  if (!change) {
    NEXUS_ASSIGN(const auto removed, service_of(call).remove(id));
    gateway.forget(id);
    publish(call, kRemovedTopic, removed);
    return audit_facts(removed);
  }
  NEXUS_ASSIGN(const auto changed, service_of(call).change(id, *change, call.host().now_us()));
  gateway.forget(id);
  publish(call, kChangedTopic, changed.now.server);
  return audit_changes(changed, false);
}

std::uint32_t audit_result(const Result<Json>& done) {
  if (done.ok()) return NX_AUDIT_OK;
  const auto status = http_status(done.error().app_code());
  return status == 403 || status == 404 ? NX_AUDIT_DENIED : NX_AUDIT_FAILED;
}

void note(const Call& call, const Batch& batch, std::int64_t id, const Result<Json>& done) {
  const auto entry = audit_note("servers", id, done.ok() ? *done : Json::object());
  const auto noted = record_audit(call.host(), &call, batch.action == "delete" ? "deleteServer" : "changeServer",
                                  entry.target, entry.details_json, audit_result(done));
  if (!noted.ok()) Log(call.host()).error("no audit entry", {{"server_id", id}}, &call);
}

Json result_json(const Call& call, std::int64_t id, const Result<Json>& done) {
  if (done.ok()) return {{"id", id}, {"ok", true}};
  Json out = {{"id", id}, {"ok", false}};
  out.update(item_error(call, done.error()));
  return out;
}

Result<Response> run_batch(Request& request, SshGateway& gateway) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto batch, batch_from(request));
  Json results = Json::array();
  std::size_t succeeded = 0;
  for (const auto id : batch.ids) {
    const auto done = apply_to(call, gateway, batch, id);
    note(call, batch, id, done);
    if (done.ok()) ++succeeded;
    results.push_back(result_json(call, id, done));
  }
  const Json counts = {{"succeeded", succeeded}, {"failed", batch.ids.size() - succeeded}};
  AuditNote summary{"servers", dump({{"action", batch.action}, {"counts", counts}})};
  return Response::ok(dump({{"counts", counts}, {"results", std::move(results)}})).with_audit(std::move(summary));
}

}  // namespace

void add_batch_routes(Registrar& registrar, SshGateway& gateway) {
  registrar.route("POST", "/api/v1/servers/batch", {.permission = kWritePermission, .timeout_ms = kBatchTimeoutMs},
                  [&gateway](Request& request) { return run_batch(request, gateway); });
}

}  // namespace nexus::servers
