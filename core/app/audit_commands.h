// The audit trail on the panel's own machine. Both work beside a running panel.
#pragma once

#include "core/config/configuration.h"

#include <string>

namespace nexus::core {

// Walks the whole chain: kExitOk and one line where it is unbroken, kExitRefused and the first fault where it is not.
int verify_audit(const ConfigSources& sources);
// Writes all entries to standard output, oldest first. `format` is "csv" or "jsonl".
int export_audit(const ConfigSources& sources, const std::string& format);

}  // namespace nexus::core
