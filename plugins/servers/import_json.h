// Servers as a JSON array.
#pragma once

#include "import_entry.h"

namespace nexus::servers {

// Objects with the members of a new server (without group_ids), and `jump_server` for the name of a jump host. Pure.
Result<ImportEntries> parse_json_servers(std::string_view content);

}  // namespace nexus::servers
