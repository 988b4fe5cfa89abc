// Accounts: who has one, their passwords, and the first administrator.
#include "credentials_provider.h"
#include "guess_sweeper.h"
#include "user_commands.h"
#include "user_routes.h"
#include "users_resources.h"

#include <nexus/cpp/audit.h>
#include <nexus/cpp/json.h>

#include <cstdlib>

namespace nexus::users {
namespace {

constexpr std::string_view kUserSchema =
    R"({"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}})";

class UsersPlugin : public Plugin {
 public:
  void setup(Registrar& registrar) override {
    const auto& host = registrar.host();
    initial_admin_ = std::make_unique<InitialAdmin>(panel_folder(host.data_dir(), host.plugin_id()));
    credentials_ = std::make_unique<CredentialsProvider>(pool_, *initial_admin_);
    sweeper_ = std::make_unique<GuessSweeper>(host);

    registrar.resources(users_resources());
    registrar.permission(kReadPermission, "");
    registrar.permission(kWritePermission, "");
    registrar.topic(contracts::kUserChangedTopic, kUserSchema);
    registrar.topic(contracts::kUserRemovedTopic, kUserSchema);
    registrar.provide(contracts::kCredentialsService, 0,
                      [this](Call& call, std::string_view method, std::string_view payload, Question question) {
                        credentials_->answer(call, method, payload, std::move(question));
                      });
    add_user_routes(registrar);
    add_administration_routes(registrar, pool_);
    add_own_account_routes(registrar, pool_);
    add_role_routes(registrar);
    add_user_commands(registrar);
  }

  Result<void> start(Call& call) override {
    NEXUS_TRY(make_initial_admin(call));
    pool_.start();
    sweeper_->start();
    return {};
  }

  void quiesce() noexcept override { sweeper_->stop(); }
  void stop() noexcept override {
    sweeper_->stop();
    pool_.stop();
  }

 private:
  Result<void> make_initial_admin(Call& call) const {
    NEXUS_ASSIGN(const auto id, initial_admin_->create_if_empty(UserStore(call), std::getenv("NEXUS_ADMIN_PASSWORD"),
                                                                call.host().now_us()));
    if (!id) return {};
    // a host without a trail starts too
    static_cast<void>(record_audit(call.host(), &call, "createInitialAdmin", "users/" + std::to_string(*id),
                                   dump({{"username", kInitialAdminName}, {"role", "admin"}})));
    return {};
  }

  HashPool pool_;
  std::unique_ptr<InitialAdmin> initial_admin_;
  std::unique_ptr<CredentialsProvider> credentials_;
  std::unique_ptr<GuessSweeper> sweeper_;
};

}  // namespace
}  // namespace nexus::users

NEXUS_PLUGIN(nexus::users::UsersPlugin, "users", "1.0.0")
