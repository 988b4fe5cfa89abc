#include "group_store.h"

#include "visibility.h"

namespace nexus::servers {
namespace {

constexpr std::string_view kGroupColumns = "g.id, g.owner_user_id, g.name, g.description, g.created_us, g.updated_us";

Group read_group(const Row& row) {
  return {row.integer(0), row.integer(1), row.string(2),  row.string(3),
          row.integer(7), row.integer(4), row.integer(5), level_of(row.integer(6))};
}

// "SELECT ..." of groups `g`, with the values of its `?` taken first.
std::string select_groups(Where& values, const Scope& scope) {
  const auto on_group = level_on_group(scope);
  const auto on_server = level_on_server(scope);
  bind(values, on_group);
  bind(values, on_server);
  std::string text = "SELECT ";
  return text.append(kGroupColumns)
      .append(", ")
      .append(on_group.text)
      .append(
          ", (SELECT COUNT(*) FROM servers_group_members m JOIN servers_servers s ON s.id = m.server_id "
          "WHERE m.group_id = g.id AND (")
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
                         select + "(SELECT " + std::string(kGroupColumns) + " FROM servers_groups g" + where.text() +
                             " ORDER BY g.name, g.id LIMIT ? OFFSET ?) g ORDER BY g.name, g.id",
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

Result<void> GroupStore::hold(std::int64_t id) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_groups SET updated_us = updated_us WHERE id = ?", id));
  return {};
}

}  // namespace nexus::servers
