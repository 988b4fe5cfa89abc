// Entries of the audit trail that belong to no request.
#include "core/audit/trail.h"
#include "core/runtime/tables.h"
#include "core/runtime/values.h"

#include <algorithm>

namespace nexus::core {
namespace {

std::string_view result_of(std::uint32_t result) noexcept {
  return result == NX_AUDIT_OK ? audit::kOk : result == NX_AUDIT_DENIED ? audit::kDenied : audit::kFailed;
}

bool is_word(std::string_view text) noexcept {
  return !text.empty() && text.size() <= audit::kActionBytes && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

bool is_valid(const nx_audit_entry& in) noexcept {
  return is_word(view(in.action)) && view(in.target).size() <= audit::kTargetBytes && in.result <= NX_AUDIT_FAILED &&
         (view(in.details).empty() || audit::are_details(view(in.details)));
}

void add_caller(audit::Entry& entry, const nx_call& call) {
  const auto& who = call.principal();
  entry.user_id = who.user_id;
  entry.user_name = view(who.user_name);
  entry.session_id = view(who.session_id);
  entry.token_id = view(who.token_id);
  entry.remote_address = call.remote_address();
  entry.request_id = call.request_id();
}

nx_status record(const nx_host* host, const nx_call* call, const nx_audit_entry* given) {
  if (host == nullptr || given == nullptr) return NX_E_INVALID;
  auto& plugin = plugin_of(host);
  if (!plugin.registered()) return NX_E_PHASE;
  return answer([&]() -> nx_status {
    const auto in = copy_struct(given);
    if (in.flags != 0) return NX_E_UNSUPPORTED;
    if (!is_valid(in)) return NX_E_INVALID;
    audit::Entry entry;
    entry.time_us = wall_clock_us();
    entry.plugin = plugin.owner().id();
    entry.action = view(in.action);
    entry.target = view(in.target);
    entry.details = view(in.details);
    entry.result = result_of(in.result);
    if (call != nullptr) add_caller(entry, *call);
    return plugin.parts().audit->record(std::move(entry)) ? NX_OK : NX_E_BUSY;
  });
}

}  // namespace

const nx_audit_api kAuditTable = {sizeof(nx_audit_api), 0, record};

}  // namespace nexus::core
