// A command on a channel of its own.
#pragma once

#include "ssh/command_result.h"
#include "ssh/work.h"

#include <functional>
#include <memory>
#include <string>

namespace nexus::servers::ssh {

// At most `output_limit` bytes of each stream are kept. Where it is cancelled while it runs, `done` hears at once, and
// the remote process group gets TERM, then KILL after 5 s, over a second channel.
std::shared_ptr<Work> make_command_work(std::string command, std::size_t output_limit,
                                        std::function<void(Outcome<CommandResult>)> done);

}  // namespace nexus::servers::ssh
