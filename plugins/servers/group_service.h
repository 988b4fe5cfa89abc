// The rules about groups of servers.
#pragma once

#include "group_store.h"
#include "lookup.h"

namespace nexus::servers {

struct GroupChange {
  std::optional<std::string> name;
  std::optional<std::string> description;
};

using GroupPage = PageOf<Group>;

// On behalf of one caller; errors as in ServerService.
class GroupService {
 public:
  GroupService(const GroupStore& store, const Scope& scope) : store_(store), scope_(scope) {}

  Result<GroupPage> list(std::int64_t limit, std::int64_t offset) const;
  Result<Group> get(std::int64_t id, Level needed = Level::view) const;
  Result<Group> add(const GroupChange& change, std::int64_t now_us) const;
  // Needs manage. What it is now, and what it was.
  Result<Changed<Group>> change(std::int64_t id, const GroupChange& change, std::int64_t now_us) const;
  // Needs manage. What was removed; the servers in it stay, and what was granted on it goes.
  Result<Group> remove(std::int64_t id) const;

 private:
  GroupStore store_;
  Scope scope_;
};

}  // namespace nexus::servers
