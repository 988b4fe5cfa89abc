#include "core/app/host_routes.h"

#include "core/app/host_openapi.h"
#include "core/app/plugin_json.h"
#include "core/loader/loader.h"
#include "core/runtime/permissions.h"

#include <nexus/api/server.h>
#include <nexus/storage/database.h>

#include <nlohmann/json.hpp>

namespace nexus::core {
namespace {

using api::Response;
using nlohmann::json;
using ExchangePointer = std::shared_ptr<api::Exchange>;
using Answer = std::function<Response(const api::Exchange&)>;

// A readiness probe wants an answer soon more than a patient one.
constexpr std::chrono::seconds kPingDeadline{2};

Response success(std::string data_json) {
  Response out;
  out.data_json = std::move(data_json);
  return out;
}

Response readiness(const HostRouteParts& parts) {
  const auto pinged = parts.database.ping(std::chrono::steady_clock::now() + kPingDeadline);
  const auto waiting = not_running(parts.loader.status());
  if (pinged && waiting.empty()) return success(R"({"status":"ready"})");
  std::string details = pinged ? std::string() : "database: not reachable";
  for (const auto& id : waiting) details += (details.empty() ? "" : "; ") + ("plugin " + id + ": not running");
  Response out;
  out.app_code = code::kUnavailable;
  out.details_key = std::move(details);
  const json extra{{"database", pinged.ok() ? "ok" : "unreachable"}, {"plugins", waiting}};
  out.extra_json = extra.dump(-1, ' ', false, json::error_handler_t::replace);
  return out;
}

Response system_info(const HostRouteParts& parts) {
  const auto up = std::chrono::steady_clock::now() - parts.started;
  const json out{{"version", parts.version},
                 {"uptime_seconds", std::chrono::duration_cast<std::chrono::seconds>(up).count()},
                 {"plugins", json::parse(plugin_summaries_json(parts.loader.status()))}};
  return success(out.dump());
}

Response one_plugin(const HostRouteParts& parts, const api::Exchange& exchange) {
  const auto id = exchange.path_param("id").value_or("");
  for (const auto& plugin : parts.loader.status()) {
    if (plugin.id == id) return success(plugin_json(plugin, exchange.locale()));
  }
  return Response::from(Error(Status::not_found));
}

Response document(const HostRouteParts& parts) {
  Response out;
  out.content_type = "application/json; charset=utf-8";
  out.body = *parts.server.openapi();
  return out;
}

api::RouteSpec route(const char* pattern, const char* openapi, Answer answer) {
  api::RouteSpec spec;
  spec.owner = "host";
  spec.method = "GET";
  spec.pattern = pattern;
  spec.openapi_json = openapi;
  spec.handler = [answer = std::move(answer)](const ExchangePointer& exchange) {
    exchange->respond(answer(*exchange));
  };
  return spec;
}

api::RouteSpec probe(api::RouteSpec spec, bool is_inline) {
  spec.is_public = true;
  spec.is_inline = is_inline;
  spec.rate_class = api::RateClass::none;
  return spec;
}

api::RouteSpec for_admins(api::RouteSpec spec) {
  spec.permission = kPluginsPermission;
  return spec;
}

api::RouteSpec open_to_all(api::RouteSpec spec) {
  spec.is_public = true;
  return spec;
}

}  // namespace

Result<void> add_host_routes(const HostRouteParts& p) {
  NEXUS_TRY(p.server.add_schemas("host", openapi::kSchemas));
  std::vector<api::RouteSpec> routes;
  routes.push_back(
      probe(route("/healthz", openapi::kHealth, [](auto&) { return success(R"({"status":"ok"})"); }), true));
  routes.push_back(probe(route("/readyz", openapi::kReady, [p](auto&) { return readiness(p); }), false));
  routes.push_back(open_to_all(route("/api/v1/openapi.json", openapi::kDocument, [p](auto&) { return document(p); })));
  routes.push_back(route("/api/v1/system/info", openapi::kSystemInfo, [p](auto&) { return system_info(p); }));
  routes.push_back(for_admins(route("/api/v1/plugins", openapi::kPlugins, [p](auto& exchange) {
    return success(plugin_list_json(p.loader.status(), exchange.locale()));
  })));
  routes.push_back(for_admins(
      route("/api/v1/plugins/:id", openapi::kPlugin, [p](auto& exchange) { return one_plugin(p, exchange); })));
  for (auto& spec : routes) NEXUS_TRY(p.server.add_route(std::move(spec)));
  return {};
}

}  // namespace nexus::core
