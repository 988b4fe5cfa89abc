#include "import_groups.h"

#include "group_service.h"
#include "membership.h"

namespace nexus::servers {
namespace {

// From the top down; a group that stands deeper than groups may is named from there.
std::string path_of(const Group& group, const std::map<std::int64_t, const Group*>& by_id) {
  std::string path = group.name;
  auto parent = group.parent_id;
  for (std::int64_t depth = 1; parent && depth < GroupService::kMaxLevels; ++depth) {
    const auto found = by_id.find(*parent);
    if (found == by_id.end()) break;
    path = found->second->name + "/" + path;
    parent = found->second->parent_id;
  }
  return path;
}

}  // namespace

Result<std::optional<Error>> ImportGroups::resolve(ImportEntry& entry) {
  if (!entry.change.group_ids && entry.groups.empty()) return std::optional<Error>();
  auto ids = entry.change.group_ids.value_or(std::vector<std::int64_t>{});
  if (ids.size() + entry.groups.size() > kMostOfEntry) {
    return std::optional(Error::field("group_ids", "maxItems", "servers.too_many_groups"));
  }
  if (!entry.groups.empty()) NEXUS_TRY(learn_names());
  for (const auto& name : entry.groups) {
    const auto found = by_name_->find(name);
    if (found == by_name_->end()) return std::optional(Error::field("groups", "exists", "servers.group_unknown"));
    ids.push_back(found->second);
  }
  for (const auto id : ids) {
    NEXUS_ASSIGN(auto refused, refusal(id));
    if (refused) return refused;
  }
  entry.change.group_ids = std::move(ids);
  return std::optional<Error>();
}

Result<void> ImportGroups::learn_names() {
  if (by_name_) return {};
  NEXUS_ASSIGN(const auto groups, GroupStore(sql_).of_owner(scope_.user_id));
  std::map<std::int64_t, const Group*> by_id;
  by_name_.emplace();
  for (const auto& group : groups) {
    by_id.emplace(group.id, &group);
    by_name_->emplace(group.name, group.id);
  }
  for (const auto& group : groups) by_name_->emplace(path_of(group, by_id), group.id);
  return {};
}

Result<std::optional<Error>> ImportGroups::refusal(std::int64_t id) {
  const auto known = refusals_.find(id);
  if (known != refusals_.end()) return known->second;
  Server server;
  server.owner_user_id = scope_.user_id;
  const auto may = may_join(sql_, scope_, server, id);
  if (!may.ok() && may.error().app_code() >= code::kInternal) return may.error();
  return refusals_.emplace(id, may.ok() ? std::nullopt : std::optional(may.error())).first->second;
}

}  // namespace nexus::servers
