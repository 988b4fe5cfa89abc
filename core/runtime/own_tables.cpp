// Log, configuration, secrets and texts: what a plugin has for itself. And the list of all tables.
#include "core/runtime/tables.h"
#include "core/runtime/values.h"

#include <nexus/log.h>

#include <array>

namespace nexus::core {
namespace {

void write_log(const nx_host* host, const nx_call* call, std::int32_t level, nx_str message, const nx_kv* fields,
               std::uint32_t count) {
  if (host == nullptr) return;
  auto& plugin = plugin_of(host);
  const auto request_id = call == nullptr ? std::string_view{} : call->request_id();
  plugin.parts().logger->write(level, plugin.owner().id(), view(message), {fields, fields == nullptr ? 0 : count},
                               request_id);
}

nx_status declare_schema(nx_reg* reg, nx_str schema) {
  if (reg == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->declare_config(*reg, view(schema)); });
}

nx_status on_change(nx_reg* reg, nx_config_fn fn, void* user_data) {
  if (reg == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->on_config_change(*reg, fn, user_data); });
}

nx_status section(const nx_host* host, nx_sink out) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  if (!plugin.registered()) return NX_E_PHASE;
  return answer([&] { return write_to(out, plugin.config_section()); });
}

nx_status seal_value(const nx_host* host, nx_str plaintext, nx_str context, nx_sink out) {
  if (host == nullptr) return NX_E_INVALID;
  return answer([&] {
    const auto sealed = plugin_of(host).sealer().seal(view(plaintext), view(context));
    return sealed.ok() ? write_to(out, *sealed) : static_cast<nx_status>(sealed.error().status());
  });
}

nx_status open_value(const nx_host* host, nx_str sealed, nx_str context, nx_sink out) {
  if (host == nullptr) return NX_E_INVALID;
  return answer([&] {
    const auto plaintext = plugin_of(host).sealer().open(view(sealed), view(context));
    return plaintext.ok() ? write_to(out, plaintext->view()) : static_cast<nx_status>(plaintext.error().status());
  });
}

nx_status add_catalogue(nx_reg* reg, nx_str locale, nx_str json) {
  if (reg == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->add_catalogue(*reg, view(locale), view(json)); });
}

nx_status translate(const nx_call* call, nx_str key, const nx_kv* args, std::uint32_t count, nx_sink out) {
  if (call == nullptr || (args == nullptr && count != 0)) return NX_E_INVALID;
  return answer([&] {
    std::vector<std::string> texts;
    texts.reserve(count);
    std::vector<TextValue> values;
    for (std::uint32_t i = 0; i < count; ++i) {
      texts.push_back(text_of(args[i].value));
      values.push_back({view(args[i].key), texts.back()});
    }
    return write_to(out, call->owner().catalogues().translate(call->locale(), view(key), values));
  });
}

}  // namespace

const nx_config_api kConfigTable = {sizeof(nx_config_api), 0, declare_schema, on_change, section};
const nx_secrets_api kSecretsTable = {sizeof(nx_secrets_api), 0, seal_value, open_value};
const nx_i18n_api kI18nTable = {sizeof(nx_i18n_api), 0, add_catalogue, translate};

nx_log_api make_log_table(const Logger& logger) noexcept {
  return {sizeof(nx_log_api), 0, logger.threshold(), &write_log};
}

nx_status find_interface(const nx_host* host, nx_str id, std::uint32_t min_minor, const void** out) noexcept {
  struct Offer {
    std::string_view id;
    const void* table;
  };
  static constexpr std::array<Offer, 13> kOffers{{{NX_CALL_ID, &kCallTable},
                                                  {NX_HTTP_ID, &kHttpTable},
                                                  {NX_DB_ID, &kDbTable},
                                                  {NX_EVENTS_ID, &kEventsTable},
                                                  {NX_CONFIG_ID, &kConfigTable},
                                                  {NX_SECRETS_ID, &kSecretsTable},
                                                  {NX_I18N_ID, &kI18nTable},
                                                  {NX_AUTH_ID, &kAuthTable},
                                                  {NX_SERVICES_ID, &kServicesTable},
                                                  {NX_CLOCK_ID, &kClockTable},
                                                  {NX_COMMANDS_ID, &kCommandsTable},
                                                  {NX_AUDIT_ID, &kAuditTable},
                                                  {NX_WS_ID, &kWsTable}}};
  if (host == nullptr || out == nullptr) return NX_E_INVALID;
  *out = nullptr;
  const void* table = view(id) == NX_LOG_ID ? &plugin_of(host).log_table() : nullptr;
  for (const auto& offer : kOffers) {
    if (offer.id == view(id)) table = offer.table;
  }
  // Every table begins with its size and its revision.
  if (table == nullptr || static_cast<const std::uint32_t*>(table)[1] < min_minor) return NX_E_UNSUPPORTED;
  *out = table;
  return NX_OK;
}

}  // namespace nexus::core
