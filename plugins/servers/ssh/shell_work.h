// A login shell on a terminal of the server.
#pragma once

#include "ssh/channel_core.h"

namespace nexus::servers::ssh {

std::shared_ptr<ChannelCore> make_shell_work(boost::asio::io_context& loop, ShellOptions options,
                                             std::shared_ptr<ChannelEvents> events);

}  // namespace nexus::servers::ssh
