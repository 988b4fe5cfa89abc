// Accounts: who has one, their passwords, and the first administrator.
#include "credentials_provider.h"
#include "user_routes.h"
#include "users_resources.h"

#include <cstdlib>

namespace nexus::users {
namespace {

constexpr std::string_view kUserChangedSchema =
    R"({"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}})";

class UsersPlugin : public Plugin {
 public:
  void setup(Registrar& registrar) override {
    const auto& host = registrar.host();
    initial_admin_ = std::make_unique<InitialAdmin>(panel_folder(host.data_dir(), host.plugin_id()));
    credentials_ = std::make_unique<CredentialsProvider>(pool_, *initial_admin_);

    registrar.resources(users_resources());
    registrar.permission(kReadPermission, "");
    registrar.topic(contracts::kUserChangedTopic, kUserChangedSchema);
    registrar.provide(contracts::kCredentialsService, 0,
                      [this](Call& call, std::string_view method, std::string_view payload, Question question) {
                        credentials_->answer(call, method, payload, std::move(question));
                      });
    add_user_routes(registrar);
  }

  Result<void> start(Call& call) override {
    NEXUS_TRY(
        initial_admin_->create_if_empty(UserStore(call), std::getenv("NEXUS_ADMIN_PASSWORD"), call.host().now_us()));
    pool_.start();
    return {};
  }

  void stop() noexcept override { pool_.stop(); }

 private:
  HashPool pool_;
  std::unique_ptr<InitialAdmin> initial_admin_;
  std::unique_ptr<CredentialsProvider> credentials_;
};

}  // namespace
}  // namespace nexus::users

NEXUS_PLUGIN(nexus::users::UsersPlugin, "users", "1.0.0")
