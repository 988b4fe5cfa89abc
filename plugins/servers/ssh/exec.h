// Commands on a session.
#pragma once

#include "ssh/session.h"

#include <cstdint>
#include <string>

namespace nexus::servers::ssh {

struct CommandResult {
  std::int64_t exit_status = -1;
  // Without "SIG". A shell reports 128 + n both for a child that signal n ended and for one that exited so; both are
  // named here.
  std::string signal;
  std::string out;
  std::string err;
  bool truncated = false;  // one of the two went past `output_limit`; what came later was read and dropped
};

// Where the time runs out or nobody waits any more, the remote process group gets TERM over a second channel.
Outcome<CommandResult> run_command(Session& session, std::string_view command, std::size_t output_limit,
                                   const Watch& watch);

}  // namespace nexus::servers::ssh
