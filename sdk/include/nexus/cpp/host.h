// The host and its interfaces, fetched once when the plugin is made.
#pragma once

#include <nexus/cpp/result.h>
#include <nexus/cpp/str.h>
#include <nexus/nexus.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace nexus {

class Call;

// Borrowed tables of the host; one object per plugin, valid for the plugin's life. Thread-safe.
class Host {
 public:
  // Fetches every interface of 1.0. Fails with the id of the first that this host lacks.
  static Result<Host> from(const nx_host* raw) {
    Host host(raw);
    NEXUS_TRY(host.fetch(NX_CALL_ID, host.call));
    NEXUS_TRY(host.fetch(NX_LOG_ID, host.log));
    NEXUS_TRY(host.fetch(NX_HTTP_ID, host.http));
    NEXUS_TRY(host.fetch(NX_DB_ID, host.db));
    NEXUS_TRY(host.fetch(NX_EVENTS_ID, host.events));
    NEXUS_TRY(host.fetch(NX_CONFIG_ID, host.config));
    NEXUS_TRY(host.fetch(NX_SECRETS_ID, host.secrets));
    NEXUS_TRY(host.fetch(NX_I18N_ID, host.i18n));
    NEXUS_TRY(host.fetch(NX_AUTH_ID, host.auth));
    NEXUS_TRY(host.fetch(NX_SERVICES_ID, host.services));
    NEXUS_TRY(host.fetch(NX_CLOCK_ID, host.clock));
    // Newer than 1.0: null on a host that lacks them.
    static_cast<void>(host.fetch(NX_AUDIT_ID, host.audit));
    static_cast<void>(host.fetch(NX_COMMANDS_ID, host.commands));
    static_cast<void>(host.fetch(NX_WS_ID, host.ws));
    return host;
  }

  std::string_view data_dir() const noexcept { return view(raw->data_dir); }
  std::string_view plugin_id() const noexcept { return view(raw->plugin_id); }

  std::int64_t now_us() const noexcept { return clock->now_us(raw); }
  std::int64_t monotonic_us() const noexcept { return clock->monotonic_us(raw); }

  // The plugin's section of the configuration, a JSON object with the defaults filled in.
  Result<std::string> config_section() const {
    std::string text;
    if (const auto status = config->section(raw, append_to(text)); status != NX_OK) {
      return Error(Status{status}, "the configuration section cannot be read");
    }
    return text;
  }

  // Publishes a fact on one of the plugin's own topics. `call` may be null.
  Result<void> publish(const Call* cause, std::string_view topic, std::string_view key,
                       std::string_view payload_json) const;

  // Runs `work` once, later, on a worker.
  Result<nx_handle> after(std::int64_t delay_us, std::function<void(Call&)> work) const;
  // False where it has run or is running.
  bool cancel_timer(nx_handle timer) const noexcept { return clock->cancel(raw, timer) == NX_OK; }

  const nx_host* raw;
  const nx_call_api* call = nullptr;
  const nx_log_api* log = nullptr;
  const nx_http_api* http = nullptr;
  const nx_db_api* db = nullptr;
  const nx_events_api* events = nullptr;
  const nx_config_api* config = nullptr;
  const nx_secrets_api* secrets = nullptr;
  const nx_i18n_api* i18n = nullptr;
  const nx_auth_api* auth = nullptr;
  const nx_services_api* services = nullptr;
  const nx_clock_api* clock = nullptr;
  const nx_audit_api* audit = nullptr;        // may be null
  const nx_commands_api* commands = nullptr;  // may be null
  const nx_ws_api* ws = nullptr;              // may be null

 private:
  explicit Host(const nx_host* host) : raw(host) {}

  template <class Table>
  Result<void> fetch(std::string_view id, const Table*& out) const {
    const void* table = nullptr;
    if (const auto status = raw->get_interface(raw, to_abi(id), 0, &table); status != NX_OK) {
      return Error(Status{status}, "the host does not offer " + std::string(id));
    }
    out = static_cast<const Table*>(table);
    return {};
  }
};

}  // namespace nexus
