// Who is behind a user id: asked of the plugin that keeps accounts.
#pragma once

#include <nexus/cpp/contracts/credentials.h>
#include <nexus/cpp/services.h>

#include <functional>
#include <map>

namespace nexus::servers {

// Ids that are not there belong to nobody.
using Users = std::map<std::int64_t, contracts::User>;
// The call is that of find_users.
using UsersFound = std::function<void(Call&, Result<Users>)>;

// Asks users.credentials/1 for each id, one after the other, so that a long list takes no more than one place in its
// queue. On behalf of `call`, whose deadline bounds it. `done` runs exactly once, on a worker, or at once here; where
// the plugin stops before, it is only destroyed.
void find_users(OwnedCall call, const Binding& users, std::vector<std::int64_t> ids, UsersFound done);

}  // namespace nexus::servers
