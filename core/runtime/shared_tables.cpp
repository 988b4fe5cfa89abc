// Events, services, clock, identity and permissions: what plugins share.
#include "core/runtime/tables.h"
#include "core/runtime/values.h"

#include <nlohmann/json.hpp>

#include <span>

namespace nexus::core {
namespace {

nx_status declare_topic(nx_reg* reg, const nx_topic* topic) {
  if (reg == nullptr || topic == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->declare_topic(*reg, copy_struct(topic)); });
}

nx_status subscribe(nx_reg* reg, const nx_subscription* subscription) {
  if (reg == nullptr || subscription == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->subscribe(*reg, copy_struct(subscription)); });
}

nx_status publish(const nx_host* host, const nx_call* call, const nx_event* event) {
  if (host == nullptr || event == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  if (!plugin.registered()) return NX_E_PHASE;
  return answer(
      [&] { return plugin.publish(copy_struct(event), call == nullptr ? std::string_view{} : call->request_id()); });
}

nx_status provide(nx_reg* reg, const nx_service* service) {
  if (reg == nullptr || service == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->provide_service(*reg, copy_struct(service)); });
}

nx_status bind(nx_reg* reg, nx_str id, std::uint32_t min_minor, std::uint32_t flags, nx_handle* out) {
  if (reg == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->bind_service(*reg, view(id), min_minor, flags, out); });
}

nx_status invoke(nx_call* call, nx_handle binding, nx_str method, nx_str payload, nx_service_done done, void* user_data,
                 nx_handle* out) {
  if (call == nullptr) return NX_E_INVALID;
  return answer([&] {
    return call->owner().services().invoke(*call, binding, view(method), view(payload), done, user_data, out);
  });
}

nx_status cancel_invocation(const nx_host* host, nx_handle invocation) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  return answer([&] { return plugin.parts().services->cancel(plugin.owner(), invocation); });
}

nx_status complete_invocation(const nx_host* host, nx_handle request, nx_status status, nx_str response) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  return answer([&] { return plugin.parts().services->complete(plugin.owner(), request, status, view(response)); });
}

nx_status open_stream(nx_call* call, nx_handle binding, nx_str method, nx_str payload, std::uint32_t window,
                      const nx_stream_events* events, void* user_data, nx_handle* out) {
  if (call == nullptr || events == nullptr) return NX_E_INVALID;
  return answer([&] {
    return call->owner().services().open_stream(*call, binding, view(method), view(payload), window,
                                                copy_struct(events), user_data, out);
  });
}

nx_status stream_send(const nx_host* host, nx_handle stream, std::uint32_t kind, nx_str bytes) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  return answer([&] { return plugin.parts().services->streams().send(plugin.owner(), stream, kind, view(bytes)); });
}

nx_status stream_consumed(const nx_host* host, nx_handle stream, std::uint64_t bytes) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  return answer([&] { return plugin.parts().services->streams().consumed(plugin.owner(), stream, bytes); });
}

nx_status stream_close(const nx_host* host, nx_handle stream, nx_status why, nx_str reason) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  return answer([&] { return plugin.parts().services->streams().close(plugin.owner(), stream, why, view(reason)); });
}

std::int64_t now_us(const nx_host*) { return wall_clock_us(); }

std::int64_t monotonic_us(const nx_host*) {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

nx_status set_timer(const nx_host* host, std::int64_t delay_us, nx_timer_fn fn, void* user_data, nx_handle* out) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  if (!plugin.registered()) return NX_E_PHASE;
  return answer([&] {
    return plugin.parts().timers->after(plugin.owner(), std::chrono::microseconds(delay_us), fn, user_data, out);
  });
}

nx_status cancel_timer(const nx_host* host, nx_handle timer) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  return answer([&] { return plugin.parts().timers->cancel(plugin.owner(), timer); });
}

nx_status declare_permission(nx_reg* reg, const nx_permission* permission) {
  if (reg == nullptr || permission == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->declare_permission(*reg, copy_struct(permission)); });
}

nx_status check_permission(const nx_call* call, nx_str permission) {
  if (call == nullptr) return NX_E_INVALID;
  const auto& who = call->principal();
  if (!call->owner().permissions().holds(view(who.role), view(permission))) return NX_E_DENIED;
  const std::span scopes(who.scopes, who.scope_count);
  const auto text = [](const nx_str& scope) { return view(scope); };
  const bool is_scoped = (who.flags & NX_PRINCIPAL_SCOPED) != 0;
  return !is_scoped || covers(scopes, view(permission), text) ? NX_OK : NX_E_DENIED;
}

nx_status list_permissions(const nx_call* call, nx_sink out) {
  if (call == nullptr) return NX_E_INVALID;
  return answer([&] {
    auto list = nlohmann::ordered_json::array();
    for (const auto& permission : call->owner().permissions().all()) {
      const auto title = call->owner().catalogues().translate(call->locale(), permission.title_key, {});
      list.push_back({{"name", permission.name}, {"title", title}, {"roles", permission.roles}});
    }
    return write_to(out, list.dump());
  });
}

nx_status provide_identity(nx_reg* reg, const nx_identity_provider* provider) {
  if (reg == nullptr || provider == nullptr) return NX_E_INVALID;
  return answer([&] { return reg->plugin->provide_identity(*reg, copy_struct(provider)); });
}

nx_status complete_identity(const nx_host* host, nx_handle request, std::int32_t app_code,
                            const nx_identity* identity) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  return answer([&] { return plugin.parts().identities->complete(plugin.owner(), request, app_code, identity); });
}

nx_status invalidate(const nx_host* host, std::uint32_t kind, nx_str id) {
  if (host == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  return answer([&] { return plugin.parts().identities->invalidate(plugin.owner(), kind, view(id)); });
}

}  // namespace

const nx_events_api kEventsTable = {sizeof(nx_events_api), 0, declare_topic, subscribe, publish};
const nx_services_api kServicesTable = {sizeof(nx_services_api),
                                        1,
                                        provide,
                                        bind,
                                        invoke,
                                        cancel_invocation,
                                        complete_invocation,
                                        open_stream,
                                        stream_send,
                                        stream_consumed,
                                        stream_close};
const nx_clock_api kClockTable = {sizeof(nx_clock_api), 0, now_us, monotonic_us, set_timer, cancel_timer};
const nx_auth_api kAuthTable = {sizeof(nx_auth_api), 1,          declare_permission, check_permission, provide_identity,
                                complete_identity,   invalidate, list_permissions};

}  // namespace nexus::core
