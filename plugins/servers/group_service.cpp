#include "group_service.h"

#include "input_rules.h"

namespace nexus::servers {
namespace {

Error explained(const Error& error) {
  return error.status() == Status::conflict ? Error::api(code::kExists, "servers.group_name_taken") : error;
}

}  // namespace

Result<GroupPage> GroupService::list(std::int64_t limit, std::int64_t offset) const {
  return page_of<Group>(store_, scope_, limit, offset);
}

Result<Group> GroupService::get(std::int64_t id, Level needed) const {
  return existing(store_.find(scope_, id), needed);
}

Result<Group> GroupService::add(const GroupChange& change, std::int64_t now_us) const {
  Group group;
  group.owner_user_id = scope_.user_id;
  group.name = change.name.value_or("");
  group.description = change.description.value_or("");
  group.created_us = group.updated_us = now_us;
  group.access = Level::manage;
  if (!is_name(group.name)) return Error::field("name", "format", "servers.name_invalid");
  const auto id = store_.insert(group);
  if (!id.ok()) return explained(id.error());
  group.id = *id;
  return group;
}

Result<Changed<Group>> GroupService::change(std::int64_t id, const GroupChange& change, std::int64_t now_us) const {
  NEXUS_ASSIGN(auto before, get(id, Level::manage));
  auto group = before;
  if (change.name) group.name = *change.name;
  if (change.description) group.description = *change.description;
  group.updated_us = now_us;
  if (!is_name(group.name)) return Error::field("name", "format", "servers.name_invalid");
  if (const auto updated = store_.update(group); !updated.ok()) return explained(updated.error());
  return Changed<Group>{std::move(group), std::move(before)};
}

Result<Group> GroupService::remove(std::int64_t id) const {
  NEXUS_ASSIGN(auto group, get(id, Level::manage));
  NEXUS_TRY(store_.remove(id));
  return group;
}

}  // namespace nexus::servers
