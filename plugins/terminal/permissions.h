// Who may do what with terminals.
#pragma once

#include <nexus/cpp/call.h>

#include <string_view>

namespace nexus::terminal {

// A shell where the caller may have one, and his own sessions and recordings.
inline constexpr std::string_view kOpenPermission = "terminal.open";
// Everybody's sessions and recordings: to watch, end, read and remove them.
inline constexpr std::string_view kManagePermission = "terminal.manage";

inline bool may_see(const Call& call, std::int64_t user_id) {
  return call.user_id() == user_id || call.allowed(kManagePermission);
}

}  // namespace nexus::terminal
