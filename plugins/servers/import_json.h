// Servers as a JSON array.
#pragma once

#include "import_entry.h"

namespace nexus::servers {

// Objects with the members of a new server, or `jump_server` for the name of a jump host and `groups` for names of
// groups. Pure.
Result<ImportEntries> parse_json_servers(std::string_view content);

}  // namespace nexus::servers
