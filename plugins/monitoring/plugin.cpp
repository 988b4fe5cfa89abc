// What servers are doing now.
#include "metrics_routes.h"
#include "monitoring_resources.h"

#include <nexus/cpp/contracts/ssh.h>

namespace nexus::monitoring {
namespace {

class MonitoringPlugin : public Plugin {
 public:
  void setup(Registrar& registrar) override {
    registrar.resources(monitoring_resources());
    registrar.permission(kReadPermission, "operator,user");
    add_metrics_routes(registrar, registrar.bind(contracts::kSshService));
  }
};

}  // namespace
}  // namespace nexus::monitoring

NEXUS_PLUGIN(nexus::monitoring::MonitoringPlugin, "monitoring", "1.0.0", nexus::needs("servers"))
