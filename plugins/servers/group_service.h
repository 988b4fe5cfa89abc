// The rules about groups of servers.
#pragma once

#include "group_store.h"

namespace nexus::servers {

struct GroupChange {
  std::optional<std::string> name;
  std::optional<std::string> description;
};

struct GroupPage {
  std::vector<Group> groups;
  std::int64_t total = 0;
};

// On behalf of one caller; errors as in ServerService.
class GroupService {
 public:
  GroupService(const GroupStore& store, const Scope& scope) : store_(store), scope_(scope) {}

  Result<GroupPage> list(std::int64_t limit, std::int64_t offset) const;
  Result<Group> get(std::int64_t id) const;
  Result<Group> add(const GroupChange& change, std::int64_t now_us) const;
  Result<Group> change(std::int64_t id, const GroupChange& change, std::int64_t now_us) const;
  // The servers in it stay.
  Result<void> remove(std::int64_t id) const;

 private:
  GroupStore store_;
  Scope scope_;
};

}  // namespace nexus::servers
