#include "hello_resources.h"
#include "hello_routes.h"

#include <nexus/cpp/json.h>
#include <nexus/cpp/plugin.h>

namespace hello {
namespace {

class Hello : public nexus::Plugin {
 public:
  void setup(nexus::Registrar& registrar) override {
    registrar.resources(hello_resources());
    registrar.permission("hello.write", "operator,user");
    registrar.topic(kNotedTopic,
                    R"({"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}})");
    registrar.on_config_change([this](nexus::Call& call) { return configure(call.host()); });
    add_routes(registrar, service_);
  }

  nexus::Result<void> start(nexus::Call& call) override { return configure(call.host()); }

 private:
  nexus::Result<void> configure(const nexus::Host& host) {
    NEXUS_ASSIGN(const auto text, host.config_section());
    NEXUS_ASSIGN(const auto section, nexus::parse_json(text));
    service_.set_greeting(section.value("greeting", HelloService::kDefaultGreeting));
    return {};
  }

  HelloService service_;
};

}  // namespace
}  // namespace hello

NEXUS_PLUGIN(hello::Hello, "hello", "1.0.0")
