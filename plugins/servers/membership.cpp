#include "membership.h"

#include "group_store.h"

#include <algorithm>

namespace nexus::servers {

Result<void> may_join(const Sql& sql, const Scope& scope, const Server& server, std::int64_t group_id) {
  NEXUS_ASSIGN(const auto group, GroupStore(sql).find(scope, group_id));
  if (!group) return Error::field("group_ids", "exists", "servers.group_unknown");
  NEXUS_TRY(require(group->access, Level::manage));
  const bool by_grant = !scope.everything && server.owner_user_id != scope.user_id;
  if (by_grant && group->owner_user_id != server.owner_user_id) {
    return Error::api(code::kForbidden, "servers.group_of_others");
  }
  return {};
}

Result<void> place_in_groups(const Sql& sql, const Scope& scope, const Server& server,
                             std::vector<std::int64_t> wanted) {
  NEXUS_ASSIGN(const auto held, ServerStore(sql).memberships(scope, server.id));
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  for (const auto id : wanted) {
    const auto is_it = [id](const Membership& one) { return one.group_id == id; };
    if (std::any_of(held.begin(), held.end(), is_it)) continue;
    NEXUS_TRY(may_join(sql, scope, server, id));
    NEXUS_TRY(ServerStore(sql).join_group(server.id, id));
  }
  for (const auto& one : held) {
    if (one.access != Level::manage || std::binary_search(wanted.begin(), wanted.end(), one.group_id)) continue;
    NEXUS_TRY(ServerStore(sql).leave_group(server.id, one.group_id));
  }
  return {};
}

}  // namespace nexus::servers
