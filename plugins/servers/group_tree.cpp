#include "group_tree.h"

namespace nexus::servers {

Result<void> GroupTree::add(std::int64_t id, std::optional<std::int64_t> parent) const {
  NEXUS_TRY(sql_.exec("INSERT INTO servers_group_tree (ancestor_id, group_id) VALUES (?, ?)", id, id));
  return hang(id, parent);
}

Result<void> GroupTree::move(std::int64_t id, std::optional<std::int64_t> parent) const {
  // The inner SELECTs stand in tables of their own, because MySQL reads none that it deletes from.
  NEXUS_TRY(
      sql_.exec("DELETE FROM servers_group_tree WHERE group_id IN (SELECT x.group_id FROM (SELECT group_id FROM "
                "servers_group_tree WHERE ancestor_id = ?) x) AND ancestor_id IN (SELECT y.ancestor_id FROM (SELECT "
                "ancestor_id FROM servers_group_tree WHERE group_id = ? AND ancestor_id <> ?) y)",
                id, id, id));
  return hang(id, parent);
}

Result<bool> GroupTree::is_within(std::int64_t id, std::int64_t ancestor) const {
  NEXUS_ASSIGN(
      const auto count,
      sql_.number("SELECT COUNT(*) FROM servers_group_tree WHERE group_id = ? AND ancestor_id = ?", id, ancestor));
  return count > 0;
}

Result<std::int64_t> GroupTree::depth(std::int64_t id) const {
  return sql_.number("SELECT COUNT(*) FROM servers_group_tree WHERE group_id = ?", id);
}

Result<std::int64_t> GroupTree::height(std::int64_t id) const {
  NEXUS_ASSIGN(const auto own, depth(id));
  NEXUS_ASSIGN(const auto lowest,
               sql_.number("SELECT MAX(x.levels) FROM (SELECT COUNT(*) AS levels FROM servers_group_tree d JOIN "
                           "servers_group_tree a ON a.group_id = d.group_id WHERE d.ancestor_id = ? "
                           "GROUP BY d.group_id) x",
                           id));
  return lowest - own + 1;
}

Result<void> GroupTree::hang(std::int64_t id, std::optional<std::int64_t> parent) const {
  if (!parent) return {};
  NEXUS_TRY(
      sql_.exec("INSERT INTO servers_group_tree (ancestor_id, group_id) SELECT a.ancestor_id, d.group_id "
                "FROM servers_group_tree a JOIN servers_group_tree d ON d.ancestor_id = ? WHERE a.group_id = ?",
                id, *parent));
  return {};
}

}  // namespace nexus::servers
