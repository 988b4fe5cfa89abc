// How a command on a server ended.
#pragma once

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
  bool truncated = false;  // one of the two went past its limit; what came later was read and dropped
};

}  // namespace nexus::servers::ssh
