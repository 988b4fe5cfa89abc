#include "core/audit/request_entry.h"

namespace nexus::core::audit {

std::string_view result_of(int status) noexcept {
  if (status >= 200 && status < 400) return kOk;
  return status == 401 || status == 403 ? kDenied : kFailed;
}

Entry entry_of(const api::AuditEvent& event, std::int64_t now_us) {
  Entry entry;
  entry.time_us = now_us;
  entry.status = event.status;
  entry.code = event.app_code;
  entry.plugin = event.owner;
  entry.action = event.operation;
  entry.method = event.method;
  entry.path = event.path;
  entry.remote_address = event.remote_address;
  entry.request_id = event.request_id;
  entry.result = result_of(event.status);
  if (const auto* who = event.principal) {
    entry.user_id = who->user_id;
    entry.user_name = who->user_name;
    entry.session_id = who->session_id;
    entry.token_id = who->token_id;
  }
  if (const auto* response = event.response) {
    if (event.principal == nullptr) entry.user_name = response->audit_user;
    entry.target = response->audit_target;
    entry.details = response->audit_details;
  }
  if (entry.target.empty()) entry.target = event.path;
  return entry;
}

}  // namespace nexus::core::audit
