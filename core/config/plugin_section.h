// A plugin's section of the configuration, checked by the schema that the plugin declared.
#pragma once

#include "core/config/node.h"

#include <optional>
#include <string>

namespace nexus::core {

// The section as a JSON object with the defaults of the schema's top-level properties filled in. `section` is null
// where the configuration has none. Each violation goes to `problems` with the place of the offending key; the text is
// then of no use. A plugin without a schema takes no section.
std::string check_section(const std::string& plugin_id, const Node::Member* section,
                          const std::optional<std::string>& schema_json, Problems& problems);

// The tree as JSON text. Plain scalars are read by YAML 1.2's rules (true, false, null, numbers; "yes" and "010" are
// text).
std::string to_json(const Node& node);

}  // namespace nexus::core
