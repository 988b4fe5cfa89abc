#include "rights_watch.h"

#include "lookup.h"
#include "server_store.h"

namespace nexus::servers {
namespace {

Result<void> still_allowed(Call& call, const Scope& scope, std::int64_t server_id, Level needed) {
  NEXUS_ASSIGN(const auto access, existing(ServerStore(Sql(call)).find_access(scope, server_id)));
  return require(access.server.access, needed);
}

// Who may not, or sees no such server; not a database that does not answer.
bool is_refusal(const Error& error) {
  return error.app_code() == code::kForbidden || error.app_code() == code::kNotFound;
}

}  // namespace

void RightsWatch::add(const Scope& scope, std::int64_t server_id, Level needed,
                      const std::shared_ptr<ChannelStream>& stream) {
  const std::lock_guard lock(mutex_);
  watched_.push_back({scope, server_id, needed, stream});
}

std::int64_t RightsWatch::check(Call& call) {
  std::vector<Watched> now;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(watched_, [](const Watched& watched) { return watched.stream.expired(); });
    now = watched_;
  }
  for (const auto& watched : now) {
    const auto allowed = still_allowed(call, watched.scope, watched.server_id, watched.needed);
    if (allowed.ok() || !is_refusal(allowed.error())) continue;
    if (const auto stream = watched.stream.lock()) stream->refuse(allowed.error());
  }
  return kIntervalUs;
}

}  // namespace nexus::servers
