// Servers, their groups and keys, and the SSH connections to them.
#include "grant_store.h"
#include "routes.h"
#include "servers_resources.h"
#include "ssh_provider.h"
#include "topics.h"

#include <nexus/cpp/contracts/credentials.h>
#include <nexus/cpp/contracts/ssh.h>

namespace nexus::servers {
namespace {

class ServersPlugin : public Plugin {
 public:
  void setup(Registrar& registrar) override {
    gateway_ = std::make_unique<SshGateway>(registrar.host());
    provider_ = std::make_unique<SshProvider>(registrar.host(), *gateway_);

    registrar.resources(servers_resources());
    registrar.permission(kReadPermission, "operator,user");
    registrar.permission(kWritePermission, "operator,user");
    registrar.permission(kConnectPermission, "operator,user");
    for (const auto topic : {kAddedTopic, kChangedTopic, kRemovedTopic}) registrar.topic(topic, kServerEventSchema);
    for (const auto topic : {kOnlineTopic, kOfflineTopic}) registrar.topic(topic, kStatusEventSchema);
    registrar.on_config_change([this](Call& call) { return configure(call); });
    registrar.subscribe(contracts::kUserRemovedTopic, forget_user);
    registrar.provide(
        contracts::kSshService, contracts::kSshServiceMinor,
        [this](Call& call, std::string_view method, std::string_view payload, const Question& question) {
          provider_->answer(call, method, payload, question);
        },
        [this](Call& call, std::string_view method, std::string_view payload, const Stream& stream) {
          return provider_->open(call, method, payload, stream);
        });
    add_server_routes(registrar, *gateway_);
    add_batch_routes(registrar, *gateway_);
    add_import_routes(registrar);
    add_tag_routes(registrar);
    add_facts_routes(registrar);
    add_group_routes(registrar);
    add_key_routes(registrar);
    add_host_key_routes(registrar, *gateway_);
    add_grant_routes(registrar, registrar.bind(contracts::kCredentialsService));
  }

  Result<void> start(Call& call) override {
    NEXUS_TRY(configure(call));
    provider_->start();
    return gateway_->start(call);
  }

  void stop() noexcept override {
    if (provider_) provider_->stop();
    if (gateway_) gateway_->stop();
  }

 private:
  // What he owns stays, for administrators and operators to see to. A grant that an event did not reach opens nothing:
  // ids of users are not given again.
  static void forget_user(Call& call, const Event& event) {
    const auto payload = parse_json(event.payload);
    const auto id = payload.ok() ? optional_integer(*payload, "id") : std::nullopt;
    if (!id) return Log(call.host()).warning("an event names no user", {{"topic", event.topic}}, &call);
    const auto removed = GrantStore(Sql(call)).remove_user(*id);
    if (!removed.ok()) Log(call.host()).error("the grants of a removed user stay", {{"user_id", *id}}, &call);
  }

  Result<void> configure(Call& call) {
    NEXUS_ASSIGN(const auto section, call.host().config_section());
    NEXUS_ASSIGN(const Json config, parse_json(section));
    gateway_->set_strict(config.value("host_keys", "first_use") == "strict");
    return {};
  }

  std::unique_ptr<SshGateway> gateway_;
  std::unique_ptr<SshProvider> provider_;
};

}  // namespace
}  // namespace nexus::servers

NEXUS_PLUGIN(nexus::servers::ServersPlugin, "servers", "1.0.0", nexus::needs("users"))
