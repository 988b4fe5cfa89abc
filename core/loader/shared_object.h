// Reads a shared object's file without running it. Pure.
#pragma once

#include <nexus/cpp/result.h>

#include <string>
#include <string_view>
#include <vector>

namespace nexus::core {

// The symbols that the file defines for others, by name. Refused where it is no complete ELF shared object for this
// processor. `image` is the whole file.
Result<std::vector<std::string>> exported_symbols(std::string_view image);

// Exactly one symbol, nexus_plugin_entry, is exported.
Result<void> check_exports(const std::vector<std::string>& symbols);

}  // namespace nexus::core
