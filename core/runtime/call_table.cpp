#include "core/runtime/tables.h"

#include <nexus/cpp/str.h>

#include <limits>

namespace nexus::core {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::steady_clock;

nx_str or_absent(std::string_view text) noexcept { return text.empty() ? nx_str{nullptr, 0} : to_abi(text); }

const nx_principal* principal(const nx_call* call) { return &call->principal(); }
nx_str request_id(const nx_call* call) { return to_abi(call->request_id()); }
nx_str trace_parent(const nx_call* call) { return or_absent(call->trace_parent()); }
nx_str locale(const nx_call* call) { return to_abi(call->locale()); }
nx_str remote_address(const nx_call* call) { return or_absent(call->remote_address()); }
nx_str caller_plugin(const nx_call* call) { return or_absent(call->caller_plugin()); }

std::int64_t remaining_us(const nx_call* call) {
  if (call->deadline() == kNoDeadline) return std::numeric_limits<std::int64_t>::max();
  return duration_cast<microseconds>(call->deadline() - steady_clock::now()).count();
}

std::uint32_t cancelled(const nx_call* call) { return call->cancelled() ? 1 : 0; }

void set_error(nx_call* call, nx_str reason) {
  answer([&] {
    call->set_error(view(reason));
    return NX_OK;
  });
}

nx_status keep(Owner& owner, std::shared_ptr<const Origin> origin, nx_call** out) {
  if (owner.gate().state() == InFlight::State::closed) return NX_E_PHASE;
  auto call = std::make_unique<nx_call>(owner, Phase::work, std::move(origin));
  owner.adopt(call.get());
  *out = call.release();
  return NX_OK;
}

nx_status child(const nx_call* call, nx_call** out) {
  if (call == nullptr || out == nullptr) return NX_E_INVALID;
  return answer([&] {
    if (call->phase() == Phase::registration) return nx_status{NX_E_PHASE};
    return keep(call->owner(), call->origin(), out);
  });
}

nx_status background(const nx_host* host, nx_str, std::int64_t timeout_us, nx_call** out) {
  if (host == nullptr || out == nullptr || timeout_us < 0) return NX_E_INVALID;
  return answer([&] {
    auto& plugin = plugin_of(host);
    if (!plugin.registered()) return nx_status{NX_E_PHASE};
    auto origin = std::make_shared<Origin>();
    if (timeout_us > 0) origin->deadline = after(microseconds(timeout_us));
    return keep(plugin.owner(), std::move(origin), out);
  });
}

void release(nx_call* call) {
  if (call != nullptr && call->owner().disown(call)) delete call;
}

}  // namespace

const nx_call_api kCallTable = {
    sizeof(nx_call_api), 0,         principal, request_id, trace_parent, locale, remote_address, caller_plugin,
    remaining_us,        cancelled, set_error, child,      background,   release};

}  // namespace nexus::core
