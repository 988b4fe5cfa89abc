// Shells on servers, in the browser.
#include "permissions.h"
#include "retention.h"
#include "routes.h"
#include "terminal_resources.h"

#include <nexus/cpp/contracts/ssh.h>

namespace nexus::terminal {
namespace {

class TerminalPlugin : public Plugin {
 public:
  void setup(Registrar& registrar) override {
    sessions_ = std::make_unique<SessionRegistry>(registrar.host(),
                                                  registrar.bind(contracts::kSshService, contracts::kSshServiceMinor));
    retention_ = std::make_unique<RepeatingWork>(registrar.host(), "removing old sessions",
                                                 [this](Call& call) { return remove_old(call, *sessions_); });
    registrar.resources(terminal_resources());
    registrar.permission(kOpenPermission, "operator,user");
    registrar.permission(kManagePermission, "");
    for (const auto topic : {kOpenedTopic, kClosedTopic}) registrar.topic(topic, kSessionEventSchema);
    registrar.on_config_change([this](Call& call) { return configure(call); });
    add_terminal_endpoint(registrar, *sessions_);
    add_session_routes(registrar, *sessions_);
    add_recording_routes(registrar, *sessions_);
  }

  Result<void> start(Call& call) override {
    sessions_->start();
    NEXUS_TRY(configure(call));
    NEXUS_TRY(close_interrupted(call, *sessions_));
    retention_->start(0);
    return {};
  }

  void quiesce() noexcept override { sessions_->stop(); }
  void stop() noexcept override { retention_->stop(); }

 private:
  Result<void> configure(Call& call) {
    NEXUS_ASSIGN(const auto section, call.host().config_section());
    NEXUS_ASSIGN(const auto settings, parse_settings(section));
    sessions_->set(settings);
    return {};
  }

  std::unique_ptr<SessionRegistry> sessions_;
  std::unique_ptr<RepeatingWork> retention_;
};

}  // namespace
}  // namespace nexus::terminal

NEXUS_PLUGIN(nexus::terminal::TerminalPlugin, "terminal", "1.0.0", nexus::needs("servers"))
