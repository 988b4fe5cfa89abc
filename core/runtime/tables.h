// The interface tables: thin functions between the C ABI and the parts of the runtime.
#pragma once

#include "core/runtime/plugin.h"

#include <nexus/nexus.h>

namespace nexus::core {

extern const nx_call_api kCallTable;
extern const nx_http_api kHttpTable;
extern const nx_db_api kDbTable;
extern const nx_events_api kEventsTable;
extern const nx_config_api kConfigTable;
extern const nx_secrets_api kSecretsTable;
extern const nx_i18n_api kI18nTable;
extern const nx_auth_api kAuthTable;
extern const nx_services_api kServicesTable;
extern const nx_clock_api kClockTable;
extern const nx_commands_api kCommandsTable;
extern const nx_audit_api kAuditTable;
extern const nx_ws_api kWsTable;

// The one table that is not constant: where the level is kept is the logger's.
nx_log_api make_log_table(const Logger& logger) noexcept;

// The tables by id; NX_E_UNSUPPORTED where the id or the revision is unknown.
nx_status find_interface(const nx_host* host, nx_str id, std::uint32_t min_minor, const void** out) noexcept;

// Whose table a function was called on.
inline Plugin& plugin_of(const nx_host* host) noexcept { return *static_cast<Plugin*>(host->impl); }

}  // namespace nexus::core
