#include "group_service.h"

#include "group_tree.h"
#include "input_rules.h"

#include <nexus/cpp/etag.h>

namespace nexus::servers {
namespace {

Error explained(const Error& error) {
  return error.status() == Status::conflict ? Error::api(code::kExists, "servers.group_name_taken") : error;
}

Error bad_parent(const char* rule, const char* text_key, std::vector<TextArg> args = {}) {
  return Error::field("parent_id", rule, text_key, std::move(args));
}

Error not_managed() {
  return Error::api(code::kForbidden, "servers.level_too_low", {{"level", std::string(to_string(Level::manage))}});
}

// Whether the caller may put something of `owner` into `parent`.
Result<void> check_parent(const GroupStore& store, const Scope& scope, std::int64_t owner, std::int64_t parent_id) {
  NEXUS_ASSIGN(const auto parent, store.find(scope, parent_id));
  if (!parent) return bad_parent("exists", "servers.group_unknown");
  if (parent->access != Level::manage) return not_managed();
  if (parent->owner_user_id != owner) return Error::api(code::kForbidden, "servers.group_in_others");
  return {};
}

Result<void> check_levels(const GroupTree& tree, std::int64_t parent_id, std::int64_t height) {
  NEXUS_ASSIGN(const auto depth, tree.depth(parent_id));
  if (depth + height <= GroupService::kMaxLevels) return {};
  return bad_parent("depth", "servers.group_too_deep", {{"max", std::to_string(GroupService::kMaxLevels)}});
}

Result<void> check_leaving(const GroupStore& store, const Scope& scope, std::optional<std::int64_t> parent_id) {
  if (!parent_id) return {};
  NEXUS_ASSIGN(const auto parent, store.find(scope, *parent_id));
  if (!parent || parent->access != Level::manage) return not_managed();
  return {};
}

// In a transaction that holds the owner's groups.
Result<void> move(const GroupStore& store, const Scope& scope, const Group& group, std::optional<std::int64_t> to) {
  NEXUS_ASSIGN(const auto from, store.parent_of(group.id));
  if (from == to) return {};
  NEXUS_TRY(check_leaving(store, scope, from));
  if (to) {
    const GroupTree tree(store.sql());
    NEXUS_TRY(check_parent(store, scope, group.owner_user_id, *to));
    NEXUS_ASSIGN(const auto loops, tree.is_within(*to, group.id));
    if (loops) return bad_parent("loop", "servers.group_loop");
    NEXUS_ASSIGN(const auto height, tree.height(group.id));
    NEXUS_TRY(check_levels(tree, *to, height));
  }
  return store.move(group.id, to);
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
  group.parent_id = change.parent_id.value_or(std::nullopt);
  group.created_us = group.updated_us = now_us;
  group.access = Level::manage;
  if (!is_name(group.name)) return Error::field("name", "format", "servers.name_invalid");
  NEXUS_ASSIGN(auto transaction, store_.sql().begin());
  const GroupStore store(transaction);
  if (group.parent_id) {
    NEXUS_TRY(store.hold_owned(scope_.user_id));
    NEXUS_TRY(check_parent(store, scope_, group.owner_user_id, *group.parent_id));
    NEXUS_TRY(check_levels(GroupTree(transaction), *group.parent_id, 1));
  }
  const auto id = store.insert(group);
  if (!id.ok()) return explained(id.error());
  group.id = *id;
  NEXUS_TRY(transaction.commit());
  return group;
}

Result<Changed<Group>> GroupService::change(std::int64_t id, const GroupChange& change, std::int64_t now_us,
                                            const Precondition& wanted) const {
  NEXUS_ASSIGN(const auto known, get(id, Level::manage));
  NEXUS_ASSIGN(auto transaction, store_.sql().begin());
  const GroupStore store(transaction);
  // Not all of the owner's where none moves: MariaDB would find new names in each other's way.
  NEXUS_TRY(change.parent_id ? store.hold_owned(known.owner_user_id) : store.hold(id));
  NEXUS_ASSIGN(auto before, existing(store.find(scope_, id), Level::manage));
  NEXUS_TRY(require(wanted, before.updated_us));
  auto group = before;
  if (change.name) group.name = *change.name;
  if (change.description) group.description = *change.description;
  group.updated_us = moved_on(now_us, before.updated_us);
  if (!is_name(group.name)) return Error::field("name", "format", "servers.name_invalid");
  if (change.parent_id) NEXUS_TRY(move(store, scope_, before, *change.parent_id));
  if (const auto updated = store.update(group); !updated.ok()) return explained(updated.error());
  // What is granted on its new place may count for the caller too. Nobody moves a group out of his own sight.
  NEXUS_ASSIGN(auto now, store.find(scope_, id));
  if (!now) return not_managed();
  NEXUS_TRY(transaction.commit());
  return Changed<Group>{std::move(*now), std::move(before)};
}

Result<Group> GroupService::remove(std::int64_t id, const Precondition& wanted) const {
  NEXUS_ASSIGN(const auto known, get(id, Level::manage));
  NEXUS_ASSIGN(auto transaction, store_.sql().begin());
  const GroupStore store(transaction);
  NEXUS_TRY(store.hold_owned(known.owner_user_id));
  NEXUS_ASSIGN(auto group, existing(store.find(scope_, id), Level::manage));
  NEXUS_TRY(require(wanted, group.updated_us));
  NEXUS_TRY(store.remove(id));
  NEXUS_TRY(transaction.commit());
  return group;
}

}  // namespace nexus::servers
