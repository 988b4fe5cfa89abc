// Which requests stand in the audit trail. Pure.
#pragma once

#include "route_entry.h"

#include <cstdint>
#include <string_view>

namespace nexus::api {

constexpr bool is_success(int status) noexcept { return status >= 200 && status < 300; }

// Recorded: what changes something (or says so by RouteSpec::is_audited), where a caller is known or the route is
// public; and every refused permission. Not recorded: what was refused before anything was done (a malformed or invalid
// request, a rate limit; for strangers also a 503), because strangers could fill the trail with it. `route` is null
// where none was matched.
bool is_audited(const RouteEntry* route, std::string_view method, bool has_caller, int status,
                std::int32_t app_code) noexcept;

}  // namespace nexus::api
