#include "core/runtime/runtime.h"

#include "core/audit/request_entry.h"
#include "core/audit/trail.h"
#include "core/runtime/key_check.h"
#include "core/runtime/plugin.h"
#include "core/runtime/values.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>

#include <array>

namespace nexus::core {
namespace {

// What waits for the audit trail when a panel stops: far more than a slow disk needs, and short beside kExitDeadline.
constexpr std::chrono::seconds kAuditDeadline{2};

// What the loader holds. The plugin itself may outlive it: see Plugin::stop.
class PluginHandle final : public PluginHost {
 public:
  explicit PluginHandle(std::shared_ptr<Plugin> plugin) : plugin_(std::move(plugin)) {}
  ~PluginHandle() override { plugin_->withdraw(); }

  const nx_host* abi() const noexcept override { return plugin_->abi(); }
  Result<void> register_plugin(const nx_plugin& plugin) override { return plugin_->register_plugin(plugin); }
  const Declarations& declarations() const noexcept override { return plugin_->declarations(); }
  void set_config(std::string section) override { plugin_->set_config(std::move(section)); }
  Result<void> change_config(std::string section) override { return plugin_->change_config(std::move(section)); }
  Result<void> start() override { return plugin_->start(); }
  CommandOutcome run_command(const CommandLine& line) override { return plugin_->run_command(line); }
  void quiesce() noexcept override { plugin_->quiesce(); }
  bool drain(std::chrono::steady_clock::time_point deadline) override { return plugin_->drain(deadline); }
  bool stop(std::chrono::steady_clock::time_point deadline) override { return plugin_->stop(deadline); }
  bool stuck() const noexcept override { return plugin_->stuck(); }
  void destroy() noexcept override { plugin_->destroy(); }
  void withdraw() noexcept override { plugin_->withdraw(); }

 private:
  const std::shared_ptr<Plugin> plugin_;
};

class Host final : public Runtime, private api::Hooks {
 public:
  Host(const RuntimeOptions& options, Logger& logger, storage::Database& database, MasterKey master)
      : options_(options),
        logger_(&logger),
        database_(&database),
        master_(std::move(master)),
        audit_(logger, database, master_, options.data_dir),
        services_(timers_),
        plugin_timers_(timers_),
        identities_(timers_, [this](const auto& matches) { close_sockets(matches); }),
        pool_(options.workers, options.queue) {}
  ~Host() override { shutdown(); }

  // The texts of the edge, and the panel's own permissions.
  Result<void> add_own_parts() {
    TextsByLocale texts;
    for (const auto locale : {"zh-CN", "en"}) {
      NEXUS_ASSIGN(auto parsed, parse_catalogue(api::catalogue(locale)));
      texts[locale] = std::move(parsed);
    }
    NEXUS_TRY(check_languages(texts));
    catalogues_.add("host", std::move(texts));
    permissions_.add("host", host_permissions());
    return {};
  }

  api::Hooks& hooks() noexcept override { return *this; }
  void attach(api::Server& server) override { server_ = &server; }

  void set_audit_retention(std::uint32_t days) override { audit_.set_retention(days); }

  std::unique_ptr<PluginHost> add_plugin(const std::string& id, const std::string& version) override {
    const Parts parts{&options_,  logger_,         database_,    &master_,      &pool_,       &bus_,
                      &services_, &plugin_timers_, &catalogues_, &permissions_, &identities_, &claims_,
                      deferred_,  &server_,        &audit_,      &sockets_};
    return std::make_unique<PluginHandle>(std::make_shared<Plugin>(parts, id, version));
  }

  void shutdown() override {
    timers_.shutdown();
    bus_.stop();
    pool_.shutdown();
    audit_.stop(audit::Trail::Clock::now() + kAuditDeadline);
  }

 private:
  std::optional<api::Authentication> remembered(std::string_view token) noexcept override {
    auto principal = identities_.remembered(token);
    if (principal == nullptr) return std::nullopt;
    return api::Authentication{std::move(principal), 0};
  }

  void authenticate(api::CredentialKind kind, std::string credential, const api::Exchange& exchange,
                    std::function<void(api::Authentication)> done) override {
    identities_.authenticate(kind, std::move(credential), exchange, std::move(done));
  }

  api::Access access_to(const api::Principal& who, std::string_view permission) noexcept override {
    if (!permissions_.holds(who.role, permission)) return api::Access::not_held;
    const auto text = [](const std::string& scope) { return std::string_view(scope); };
    return !who.is_scoped || covers(who.scopes, permission, text) ? api::Access::granted : api::Access::out_of_scope;
  }

  std::string translate(std::string_view locale, std::string_view key, std::span<const TextArg> args) override {
    std::vector<TextValue> values;
    values.reserve(args.size());
    for (const auto& arg : args) values.push_back({arg.name, arg.value});
    return catalogues_.translate(locale, key, values);
  }

  bool post(std::function<void()> work) override { return pool_.post(std::move(work)); }

  void access(const api::AccessRecord& record) noexcept override {
    const std::array fields{nx_kv{to_abi("method"), to_value(record.method)},
                            nx_kv{to_abi("path"), to_value(record.path)},
                            nx_kv{to_abi("status"), to_value(std::int64_t{record.status})},
                            nx_kv{to_abi("duration_us"), to_value(std::int64_t{record.duration.count()})},
                            nx_kv{to_abi("bytes"), to_value(static_cast<std::int64_t>(record.bytes))},
                            nx_kv{to_abi("remote_address"), to_value(record.remote_address)},
                            nx_kv{to_abi("user_id"), to_value(record.user_id)}};
    logger_->write(NX_LOG_INFO, "host", "request", fields, record.request_id);
  }

  void audit(const api::AuditEvent& event, std::function<void()> written) override {
    audit_.record(audit::entry_of(event, wall_clock_us()), std::move(written));
  }

  void problem(std::string_view message, std::string_view request_id) noexcept override {
    logger_->write(NX_LOG_ERROR, "host", message, {}, request_id);
  }

  // Whoever logged out, or is somebody else now, must not go on with what was opened before.
  void close_sockets(const Identities::Matches& matches) {
    sockets_.mute(matches);
    if (auto* const server = server_.load()) server->close_websockets(matches, 1008, "logged out");
  }

  const RuntimeOptions options_;
  Logger* const logger_;
  storage::Database* const database_;
  const MasterKey master_;
  audit::Trail audit_;
  Claims claims_;
  Permissions permissions_;
  Catalogues catalogues_;
  const std::shared_ptr<DeferredTable> deferred_ = std::make_shared<DeferredTable>(5);
  std::atomic<api::Server*> server_{nullptr};
  TimerQueue timers_;
  Bus bus_;
  Services services_;
  PluginTimers plugin_timers_;
  WebSockets sockets_;
  Identities identities_;
  WorkerPool pool_;  // last: its threads use all of the above
};

}  // namespace

Result<std::unique_ptr<Runtime>> Runtime::create(const RuntimeOptions& options, Logger& logger,
                                                 storage::Database& database) {
  NEXUS_ASSIGN(auto master, open_master_key(options.data_dir, database));
  auto host = std::make_unique<Host>(options, logger, database, std::move(master));
  NEXUS_TRY(host->add_own_parts());
  return std::unique_ptr<Runtime>(std::move(host));
}

}  // namespace nexus::core
