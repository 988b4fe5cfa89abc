// Small files of the remote side, read whole.
#pragma once

#include "ssh/session.h"

#include <optional>
#include <string>
#include <vector>

namespace nexus::servers::ssh {

// In the order of `paths`; nullopt for one that is absent or unreadable, at most `limit` bytes of each. Over SFTP, or
// with a command where the server offers none.
Outcome<std::vector<std::optional<std::string>>> read_files(Session& session, const std::vector<std::string>& paths,
                                                            std::size_t limit, const Watch& watch);

}  // namespace nexus::servers::ssh
