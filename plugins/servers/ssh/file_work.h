// Files that are transferred whole, over an SFTP channel of their own with several blocks on their way.
#pragma once

#include "ssh/channel_core.h"

#include <string>

namespace nexus::servers::ssh {

// Its bytes are the channel's output.
std::shared_ptr<ChannelCore> make_get_work(boost::asio::io_context& loop, std::string path,
                                           std::shared_ptr<ChannelEvents> events);
// The channel's input, until its end, becomes the file: first beside it, then renamed. `mode` 0: 0644, or what it had.
std::shared_ptr<ChannelCore> make_put_work(boost::asio::io_context& loop, std::string path, std::uint32_t mode,
                                           std::shared_ptr<ChannelEvents> events);

}  // namespace nexus::servers::ssh
