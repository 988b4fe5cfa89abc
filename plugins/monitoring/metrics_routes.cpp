#include "metrics_routes.h"

#include "sampler.h"

namespace nexus::monitoring {
namespace {

// Three questions over SSH, the first of which may have to log in.
constexpr std::uint32_t kMetricsTimeoutMs = 45'000;

void get_metrics(Request& request, const Reply& reply, const Binding& ssh) {
  const auto id = request.id();
  if (!id.ok()) return reply.send(id.error());
  auto call = OwnedCall::child(request.call());
  if (!call.ok()) return reply.send(call.error());
  take_sample(std::move(call).value(), ssh, *id, [reply](const Result<Sample>& sample) {
    if (sample.ok()) {
      reply.send(Response::ok(dump(metrics_json(*sample))));
    } else {
      reply.send(sample.error());
    }
  });
}

}  // namespace

void add_metrics_routes(Registrar& registrar, const Binding& ssh) {
  registrar.deferred_route("GET", "/api/v1/servers/:id/metrics",
                           {.permission = kReadPermission, .timeout_ms = kMetricsTimeoutMs},
                           [ssh](Request& request, const Reply& reply) { get_metrics(request, reply, ssh); });
}

}  // namespace nexus::monitoring
