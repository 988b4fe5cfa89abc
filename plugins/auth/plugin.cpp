// Tokens and sessions: register, log in, refresh, log out, and who a bearer token stands for.
#include "account_routes.h"
#include "auth_resources.h"
#include "identity.h"
#include "key_store.h"
#include "session_routes.h"
#include "session_sweeper.h"

namespace nexus::auth {
namespace {

class AuthPlugin : public Plugin {
 public:
  void setup(Registrar& registrar) override {
    registrar.resources(auth_resources());
    context_ = std::make_unique<AuthContext>(registrar.host(),
                                             CredentialsClient(registrar.bind(contracts::kCredentialsService)));
    sweeper_ = std::make_unique<SessionSweeper>(registrar.host());

    add_account_routes(registrar, *context_);
    add_session_routes(registrar, *context_);
    registrar.identity_provider([this](Call& call, std::string_view credential, IdentityReply reply) {
      identify(*context_, call, credential, reply);
    });
    registrar.subscribe(contracts::kUserChangedTopic,
                        [this](Call& call, const Event& event) { on_user_changed(*context_, call, event); });
    registrar.on_config_change([this](Call&) { return read_settings(); });
  }

  Result<void> start(Call& call) override {
    NEXUS_TRY(read_settings());
    NEXUS_ASSIGN(auto keys, load_keys(call));
    context_->use_keys(std::move(keys));
    sweeper_->start();
    return {};
  }

  void quiesce() noexcept override { sweeper_->stop(); }
  void stop() noexcept override { sweeper_->stop(); }

 private:
  Result<void> read_settings() {
    NEXUS_ASSIGN(const auto section, context_->host().config_section());
    NEXUS_ASSIGN(const auto settings, parse_settings(section));
    context_->use_settings(settings);
    return {};
  }

  std::unique_ptr<AuthContext> context_;
  std::unique_ptr<SessionSweeper> sweeper_;
};

}  // namespace
}  // namespace nexus::auth

NEXUS_PLUGIN(nexus::auth::AuthPlugin, "auth", "1.0.0", nexus::needs("users"))
