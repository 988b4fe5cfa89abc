// Opens a plugin's file for the first time in a process of its own: a static constructor that throws, aborts or never
// returns ends only that one.
#pragma once

#include "core/loader/plugin_entry.h"

#include <chrono>
#include <string>

namespace nexus::core {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// A constructor has nothing to wait for; an instrumented process alone may need longer to start on a busy machine.
inline constexpr std::chrono::seconds kProbeDeadline{kSanitized ? 10 : 2};

// Runs `<program> plugin probe <file>`; refused with the reason. `program` is what /proc/self/exe is for the panel.
Result<PluginEntry> probe_in_child(const std::string& program, const std::string& file,
                                   std::chrono::milliseconds deadline = kProbeDeadline);

// What that child does: examines, opens and reads `file` in this process. The file stays open.
Result<PluginEntry> probe_here(const std::string& file);

}  // namespace nexus::core
