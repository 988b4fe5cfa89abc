#include "visitors_resources.h"
#include "visits.h"

#include <nexus/cpp/plugin.h>

class Visitors : public nexus::Plugin {
 public:
  void setup(nexus::Registrar& registrar) override {
    registrar.resources(visitors_resources());
    registrar.route("POST", "/api/v1/visitors", {.is_public = true}, &add_visit);
  }
};

NEXUS_PLUGIN(Visitors, "visitors", "1.2.3")
