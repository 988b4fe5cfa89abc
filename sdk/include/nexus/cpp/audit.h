// Entries of the audit trail that belong to no request.
#pragma once

#include <nexus/cpp/call.h>

namespace nexus {

// What a request's answer says for the trail, beyond what the host knows by itself.
struct AuditNote {
  std::string target = {};        // "users/7"; empty: the request's path
  std::string details_json = {};  // an object, or empty: what changed. Never a secret.
  std::string user = {};          // where nobody is logged in: the name that the client gave itself
};

// Queues an entry; see nexus/audit.h for its parts. `call` (may be null) says on whose behalf.
inline Result<void> record_audit(const Host& host, const Call* call, std::string_view action, std::string_view target,
                                 std::string_view details_json = {}, std::uint32_t result = NX_AUDIT_OK) {
  if (host.audit == nullptr) return Error(Status::unsupported, "the host keeps no audit trail");
  nx_audit_entry entry{};
  entry.struct_size = sizeof entry;
  entry.action = to_abi(action);
  entry.target = to_abi(target);
  entry.details = to_abi(details_json);
  entry.result = result;
  const auto status = host.audit->record(host.raw, call == nullptr ? nullptr : call->raw(), &entry);
  if (status != NX_OK) return Error(Status{status}, "no audit entry for " + std::string(action));
  return {};
}

}  // namespace nexus
