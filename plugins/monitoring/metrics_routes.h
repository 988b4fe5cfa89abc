// GET /servers/:id/metrics.
#pragma once

#include <nexus/cpp/plugin.h>

namespace nexus::monitoring {

inline constexpr std::string_view kReadPermission = "monitoring.read";

void add_metrics_routes(Registrar& registrar, const Binding& ssh);

}  // namespace nexus::monitoring
