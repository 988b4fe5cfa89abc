#include "group_store.h"

namespace nexus::servers {
namespace {

constexpr std::string_view kSelectGroups =
    "SELECT g.id, g.owner_user_id, g.name, g.description, g.created_us, g.updated_us, "
    "(SELECT COUNT(*) FROM servers_group_members m JOIN servers_servers s ON s.id = m.server_id "
    "WHERE m.group_id = g.id AND (? = 1 OR s.owner_user_id = ?)) FROM servers_groups g ";

Group read_group(const Row& row) {
  return {row.integer(0), row.integer(1), row.string(2), row.string(3), row.integer(6), row.integer(4), row.integer(5)};
}

}  // namespace

Result<std::vector<Group>> GroupStore::list(const Scope& scope, std::int64_t limit, std::int64_t offset) const {
  return sql_.all(
      read_group,
      std::string(kSelectGroups) + "WHERE ? = 1 OR g.owner_user_id = ? ORDER BY g.name, g.id LIMIT ? OFFSET ?",
      scope.everything, scope.user_id, scope.everything, scope.user_id, limit, offset);
}

Result<std::int64_t> GroupStore::count(const Scope& scope) const {
  return sql_.number("SELECT COUNT(*) FROM servers_groups WHERE ? = 1 OR owner_user_id = ?", scope.everything,
                     scope.user_id);
}

Result<std::optional<Group>> GroupStore::find(const Scope& scope, std::int64_t id) const {
  return sql_.first(read_group, std::string(kSelectGroups) + "WHERE g.id = ? AND (? = 1 OR g.owner_user_id = ?)",
                    scope.everything, scope.user_id, id, scope.everything, scope.user_id);
}

Result<std::int64_t> GroupStore::insert(const Group& group) const {
  NEXUS_ASSIGN(const auto done,
               sql_.exec("INSERT INTO servers_groups (owner_user_id, name, description, created_us, updated_us) "
                         "VALUES (?, ?, ?, ?, ?)",
                         group.owner_user_id, group.name, group.description, group.created_us, group.updated_us));
  return done.last_id;
}

Result<void> GroupStore::update(const Group& group) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_groups SET name = ?, description = ?, updated_us = ? WHERE id = ?", group.name,
                      group.description, group.updated_us, group.id));
  return {};
}

Result<void> GroupStore::remove(std::int64_t id) const {
  NEXUS_TRY(sql_.exec("DELETE FROM servers_groups WHERE id = ?", id));
  return {};
}

}  // namespace nexus::servers
