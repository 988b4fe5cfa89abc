#include "group_store.h"

#include "group_tree.h"
#include "visibility.h"

namespace nexus::servers {
namespace {

constexpr std::string_view kGroupColumns = "g.id, g.owner_user_id, g.name, g.description, g.created_us, g.updated_us";

Group read_group(const Row& row) {
  return {row.integer(0), row.integer(1),           row.string(2),
          row.string(3),  row.integer(8),           row.integer(4),
          row.integer(5), level_of(row.integer(6)), row.optional_integer(7)};
}

// "SELECT ..." of groups `g`, with the values of its `?` taken first.
std::string select_groups(Where& values, const Scope& scope) {
  const auto on_group = level_on_group(scope);
  const auto on_server = level_on_server(scope);
  const auto parent = seen_parent(scope);
  bind(values, on_group);
  bind(values, parent);
  bind(values, on_server);
  std::string text = "SELECT ";
  return text.append(kGroupColumns)
      .append(", ")
      .append(on_group.text)
      .append(", ")
      .append(parent.text)
      .append(
          ", (SELECT COUNT(DISTINCT s.id) FROM servers_group_tree t JOIN servers_group_members m ON m.group_id = "
          "t.group_id JOIN servers_servers s ON s.id = m.server_id WHERE t.ancestor_id = g.id AND (")
      .append(on_server.text)
      .append(") IS NOT NULL) FROM ");
}

}  // namespace

Result<std::vector<Group>> GroupStore::list(const Scope& scope, std::int64_t limit, std::int64_t offset) const {
  Where where;
  const auto select = select_groups(where, scope);
  add(where, sees_group(scope));
  where.bind(limit, offset);
  // The page is cut out first: servers are counted for its groups only.
  return sql_.all_values(read_group,
                         select + "(SELECT " + std::string(kGroupColumns) + ", g.parent_id FROM servers_groups g" +
                             where.text() + " ORDER BY g.name, g.id LIMIT ? OFFSET ?) g ORDER BY g.name, g.id",
                         where.args());
}

Result<std::int64_t> GroupStore::count(const Scope& scope) const {
  Where where;
  add(where, sees_group(scope));
  return sql_.number_values("SELECT COUNT(*) FROM servers_groups g" + where.text(), where.args());
}

Result<std::optional<Group>> GroupStore::find(const Scope& scope, std::int64_t id) const {
  Where where;
  const auto select = select_groups(where, scope);
  where.add("g.id = ?", id);
  add(where, sees_group(scope));
  return first_of(sql_.all_values(read_group, select + "servers_groups g" + where.text(), where.args()));
}

Result<std::vector<Group>> GroupStore::of_owner(std::int64_t user_id) const {
  return sql_.all(
      [](const Row& row) {
        Group group;
        group.id = row.integer(0);
        group.name = row.string(1);
        group.parent_id = row.optional_integer(2);
        return group;
      },
      "SELECT id, name, parent_id FROM servers_groups WHERE owner_user_id = ? ORDER BY id LIMIT 10000", user_id);
}

Result<std::int64_t> GroupStore::insert(const Group& group) const {
  NEXUS_ASSIGN(const auto done,
               sql_.exec("INSERT INTO servers_groups (owner_user_id, name, description, created_us, updated_us, "
                         "parent_id) VALUES (?, ?, ?, ?, ?, ?)",
                         group.owner_user_id, group.name, group.description, group.created_us, group.updated_us,
                         group.parent_id));
  NEXUS_TRY(GroupTree(sql_).add(done.last_id, group.parent_id));
  return done.last_id;
}

Result<void> GroupStore::update(const Group& group) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_groups SET name = ?, description = ?, updated_us = ? WHERE id = ?", group.name,
                      group.description, group.updated_us, group.id));
  return {};
}

Result<std::optional<std::int64_t>> GroupStore::parent_of(std::int64_t id) const {
  NEXUS_ASSIGN(const auto found, sql_.first([](const Row& row) { return row.optional_integer(0); },
                                            "SELECT parent_id FROM servers_groups WHERE id = ?", id));
  return found.value_or(std::nullopt);
}

Result<void> GroupStore::move(std::int64_t id, std::optional<std::int64_t> parent) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_groups SET parent_id = ? WHERE id = ?", parent, id));
  return GroupTree(sql_).move(id, parent);
}

Result<void> GroupStore::remove(std::int64_t id) const {
  NEXUS_ASSIGN(const auto parent, parent_of(id));
  NEXUS_TRY(sql_.exec("UPDATE servers_groups SET parent_id = ?, updated_us = updated_us + 1 WHERE parent_id = ?",
                      parent, id));
  NEXUS_TRY(sql_.exec("DELETE FROM servers_groups WHERE id = ?", id));
  return {};
}

Result<void> GroupStore::hold(std::int64_t id) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_groups SET updated_us = updated_us WHERE id = ?", id));
  return {};
}

Result<void> GroupStore::hold_owned(std::int64_t user_id) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_groups SET updated_us = updated_us WHERE owner_user_id = ?", user_id));
  return {};
}

}  // namespace nexus::servers
