#include "caller.h"
#include "facts_store.h"
#include "lookup.h"
#include "routes.h"
#include "server_store.h"

#include <nexus/cpp/json.h>

namespace nexus::servers {
namespace {

Json facts_json(const ServerFacts& facts) {
  return {{"os", facts.os},
          {"kernel", facts.kernel},
          {"architecture", facts.architecture},
          {"cpu_model", facts.cpu_model},
          {"cpu_count", json_or_null(facts.cpu_count)},
          {"memory_bytes", json_or_null(facts.memory_bytes)},
          {"booted_at", json_time(facts.booted_us)},
          {"collected_at", json_time(facts.collected_us)}};
}

Result<Response> get_facts(Request& request) {
  auto& call = request.call();
  NEXUS_ASSIGN(const auto id, request.id());
  NEXUS_TRY(existing(ServerStore(Sql(call)).find_access(scope_of(call), id)));
  NEXUS_ASSIGN(const auto facts, FactsStore(Sql(call)).find(id));
  return Response::ok(dump({{"facts", facts ? facts_json(*facts) : Json(nullptr)}}));
}

}  // namespace

void add_facts_routes(Registrar& registrar) {
  registrar.route("GET", "/api/v1/servers/:id/facts", {.permission = kReadPermission}, get_facts);
}

}  // namespace nexus::servers
