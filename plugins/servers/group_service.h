// The rules about groups of servers.
#pragma once

#include "group_store.h"
#include "lookup.h"
#include "precondition.h"

namespace nexus::servers {

struct GroupChange {
  std::optional<std::string> name;
  std::optional<std::string> description;
  std::optional<std::optional<std::int64_t>> parent_id;  // an inner nullopt: at the top
};

using GroupPage = PageOf<Group>;

// On behalf of one caller; errors as in ServerService.
class GroupService {
 public:
  static constexpr std::int64_t kMaxLevels = 8;

  GroupService(const GroupStore& store, const Scope& scope) : store_(store), scope_(scope) {}

  Result<GroupPage> list(std::int64_t limit, std::int64_t offset) const;
  Result<Group> get(std::int64_t id, Level needed = Level::view) const;
  // In a group (as below) only where that is his own.
  Result<Group> add(const GroupChange& change, std::int64_t now_us) const;
  // Needs manage. What it is now, and what it was. A group moves, with all that stands in it, where the caller manages
  // the group that it leaves and the one that it comes into, which must be of the same owner: in a group of somebody
  // else's it would be open to whom he granted that. 42201 where it would stand in itself, or below kMaxLevels; 40901
  // where `wanted` is another state.
  Result<Changed<Group>> change(std::int64_t id, const GroupChange& change, std::int64_t now_us,
                                const Precondition& wanted) const;
  // Needs manage. What was removed; the servers in it stay, the groups in it move up, and what was granted on it goes.
  // 40901 likewise.
  Result<Group> remove(std::int64_t id, const Precondition& wanted) const;

 private:
  GroupStore store_;
  Scope scope_;
};

}  // namespace nexus::servers
