// A server's place in groups.
#pragma once

#include "server_store.h"

namespace nexus::servers {

// Whether the caller may put `server`, which he manages, into the group: 42201 for one that he does not see, 40301 for
// one that he sees and may not put it into.
//
// Who manages the server by a grant may put it only into groups of its owner: in a group of his own he could grant it
// to anybody, and to himself for good, and the owner would not even see that group.
Result<void> may_join(const Sql& sql, const Scope& scope, const Server& server, std::int64_t group_id);

// Puts `server` into the wanted groups and takes it out of the others, as far as the caller manages them; groups that
// he does not manage stay as they are. Errors are those of may_join.
Result<void> place_in_groups(const Sql& sql, const Scope& scope, const Server& server,
                             std::vector<std::int64_t> wanted);

}  // namespace nexus::servers
