// Tokens and sessions: register, log in with one factor or two, refresh, log out, API tokens, and who a credential
// stands for.
#include "account_routes.h"
#include "administration_routes.h"
#include "api_token_routes.h"
#include "auth_commands.h"
#include "auth_resources.h"
#include "challenge_routes.h"
#include "identity.h"
#include "key_routes.h"
#include "password_routes.h"
#include "second_factor_routes.h"
#include "session_routes.h"
#include "step_up_routes.h"
#include "sweeper.h"
#include "ticket_routes.h"
#include "user_data.h"

namespace nexus::auth {
namespace {

class AuthPlugin : public Plugin {
 public:
  void setup(Registrar& registrar) override {
    registrar.resources(auth_resources());
    registrar.permission(kManagePermission, "");
    context_ = std::make_unique<AuthContext>(registrar.host(),
                                             CredentialsClient(registrar.bind(contracts::kCredentialsService)));
    removed_users_ = std::make_unique<RemovedUsers>(*context_);
    sweeper_ = std::make_unique<Sweeper>(registrar.host(), [this](Call& call) { keep_up(call); });

    for (const auto add : {add_account_routes, add_challenge_routes, add_session_routes, add_second_factor_routes,
                           add_step_up_routes, add_password_routes, add_ticket_routes, add_api_token_routes,
                           add_administration_routes, add_key_routes, add_auth_commands}) {
      add(registrar, *context_);
    }
    registrar.identity_provider([this](Call& call, const Credential& credential, const IdentityReply& reply) {
      identify(*context_, call, credential, reply);
    });
    registrar.subscribe(contracts::kUserChangedTopic,
                        [this](Call& call, const Event& event) { on_user_changed(*context_, call, event); });
    registrar.subscribe(contracts::kUserRemovedTopic,
                        [this](Call& call, const Event& event) { on_user_removed(*context_, call, event); });
    registrar.on_config_change([this](Call&) { return read_settings(); });
  }

  Result<void> start(Call& call) override {
    NEXUS_TRY(read_settings());
    NEXUS_TRY(context_->keys().load(call));
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

  void keep_up(Call& call) {
    const auto kept = context_->keys().keep_up(call, context_->settings());
    if (!kept.ok()) {
      context_->log().error("the signing keys could not be kept up", {{"reason", kept.error().what()}}, &call);
    }
    removed_users_->sweep(call);
  }

  std::unique_ptr<AuthContext> context_;
  std::unique_ptr<RemovedUsers> removed_users_;
  std::unique_ptr<Sweeper> sweeper_;
};

}  // namespace
}  // namespace nexus::auth

NEXUS_PLUGIN(nexus::auth::AuthPlugin, "auth", "1.0.0", nexus::needs("users"))
