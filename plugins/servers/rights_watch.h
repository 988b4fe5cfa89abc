// Ends what goes on for a caller who may no longer have it: a grant was taken back, a server has left a group.
#pragma once

#include "channel_stream.h"
#include "model.h"

#include <nexus/cpp/repeating_work.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace nexus::servers {

// Thread-safe. A caller whose role changed, or who is disabled or logged out, is not looked for here: the plugin that
// opened the stream hears of that.
class RightsWatch {
 public:
  // How late a stream may end.
  static constexpr std::int64_t kIntervalUs = 5 * std::int64_t{1'000'000};

  explicit RightsWatch(const Host& host)
      : rounds_(host, "looking at the rights of open shells", [this](Call& call) { return check(call); }) {}

  void start() { rounds_.start(kIntervalUs); }
  void stop() noexcept { rounds_.stop(); }

  void add(const Scope& scope, std::int64_t server_id, Level needed, const std::shared_ptr<ChannelStream>& stream);

 private:
  struct Watched {
    Scope scope;
    std::int64_t server_id = 0;
    Level needed = Level::view;
    std::weak_ptr<ChannelStream> stream;
  };

  std::int64_t check(Call& call);

  RepeatingWork rounds_;
  std::mutex mutex_;
  std::vector<Watched> watched_;
};

}  // namespace nexus::servers
