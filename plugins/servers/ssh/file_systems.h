// Sizes of remote file systems.
#pragma once

#include "ssh/session.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::servers::ssh {

// In bytes.
struct Space {
  std::int64_t total = 0;
  std::int64_t free = 0;       // for root
  std::int64_t available = 0;  // for others
};

// In the order of `paths`; nullopt for a path that is not there. Over SFTP, or with df where the server's cannot do it.
Outcome<std::vector<std::optional<Space>>> stat_file_systems(Session& session, const std::vector<std::string>& paths,
                                                             const Watch& watch);

// The line that `df -P -k` prints for one path.
std::optional<Space> parse_df(std::string_view line);

}  // namespace nexus::servers::ssh
