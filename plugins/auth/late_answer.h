// Handlers that answer after another plugin has.
#pragma once

#include "auth_context.h"

#include <nexus/cpp/plugin.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace nexus::auth {

// Routes for people who are logged in, and those among them that need a recent authentication.
inline constexpr RouteOptions kPerson{.needs_session = true};
inline constexpr RouteOptions kRecentPerson{.needs_step_up = true, .needs_session = true};

// Tells operators of a failure. What the client did wrong is none: the host would log it as the plugin's.
inline void note_failure(Call& call, const Error& error) {
  if (error.app_code() >= code::kInternal) call.set_error(error.what());
}

using LateHandler = void (*)(const AuthContext&, Request&, const Reply&);

// `context` must outlive the plugin's callbacks.
inline void add_late_route(Registrar& registrar, const AuthContext& context, std::string_view method,
                           std::string_view path, const RouteOptions& options, LateHandler handler) {
  registrar.deferred_route(method, path, options, [&context, handler](Request& request, const Reply& reply) {
    handler(context, request, reply);
  });
}

inline std::string user_target(std::int64_t user_id) { return "users/" + std::to_string(user_id); }

// Notes for the audit trail.
inline AuditNote about(std::string target, std::string details_json = {}) {
  return {std::move(target), std::move(details_json), {}};
}
inline AuditNote about_user(std::int64_t user_id, std::string name = {}) {
  return {user_target(user_id), {}, std::move(name)};
}
// Somebody gave himself that name.
inline AuditNote about_nobody(std::string name) { return {{}, {}, std::move(name)}; }

// What the audit trail and the log keep of a name that a stranger typed.
inline constexpr std::size_t kMaxKeptName = 64;

// At most kMaxKeptName bytes of it, and no half character.
inline std::string kept_name(std::string_view name) {
  auto size = std::min(name.size(), kMaxKeptName);
  while (size > 0 && size < name.size() && (static_cast<unsigned char>(name[size]) & 0xc0u) == 0x80u) --size;
  return std::string(name.substr(0, size));
}

}  // namespace nexus::auth
