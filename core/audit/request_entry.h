// An entry of what the edge has answered.
#pragma once

#include "core/audit/entry.h"

#include <nexus/api/hooks.h>

namespace nexus::core::audit {

// "ok" of a success, "denied" where the caller may not (401, 403), "failed" of anything else.
std::string_view result_of(int status) noexcept;

Entry entry_of(const api::AuditEvent& event, std::int64_t now_us);

}  // namespace nexus::core::audit
