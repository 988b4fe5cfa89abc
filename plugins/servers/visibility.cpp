#include "visibility.h"

namespace nexus::servers {
namespace {

constexpr std::string_view kEverything = "1 = 1";
constexpr std::string_view kManage = "4";

}  // namespace

Condition sees_server(const Scope& scope) {
  if (scope.everything) return {kEverything, {}};
  return {
      "(s.owner_user_id = ? OR s.id IN (SELECT vm.server_id FROM servers_grants vg JOIN servers_group_tree vt "
      "ON vt.ancestor_id = vg.group_id JOIN servers_group_members vm ON vm.group_id = vt.group_id "
      "WHERE vg.user_id = ?))",
      {scope.user_id, scope.user_id}};
}

Condition sees_group(const Scope& scope) {
  if (scope.everything) return {kEverything, {}};
  return {
      "(g.owner_user_id = ? OR g.id IN (SELECT vt.group_id FROM servers_grants vg JOIN servers_group_tree vt "
      "ON vt.ancestor_id = vg.group_id WHERE vg.user_id = ?))",
      {scope.user_id, scope.user_id}};
}

Condition sees_key(const Scope& scope) {
  if (scope.everything) return {kEverything, {}};
  return {"k.owner_user_id = ?", {scope.user_id}};
}

Condition level_on_server(const Scope& scope) {
  if (scope.everything) return {kManage, {}};
  return {
      "CASE WHEN s.owner_user_id = ? THEN 4 ELSE (SELECT MAX(vg.level) FROM servers_group_members vm "
      "JOIN servers_group_tree vt ON vt.group_id = vm.group_id "
      "JOIN servers_grants vg ON vg.group_id = vt.ancestor_id AND vg.user_id = ? WHERE vm.server_id = s.id) END",
      {scope.user_id, scope.user_id}};
}

Condition level_on_group(const Scope& scope) {
  if (scope.everything) return {kManage, {}};
  return {
      "CASE WHEN g.owner_user_id = ? THEN 4 ELSE (SELECT MAX(vg.level) FROM servers_group_tree vt "
      "JOIN servers_grants vg ON vg.group_id = vt.ancestor_id AND vg.user_id = ? WHERE vt.group_id = g.id) END",
      {scope.user_id, scope.user_id}};
}

Condition seen_parent(const Scope& scope) {
  if (scope.everything) return {"g.parent_id", {}};
  return {
      "CASE WHEN g.owner_user_id = ? OR EXISTS (SELECT 1 FROM servers_group_tree vt JOIN servers_grants vg "
      "ON vg.group_id = vt.ancestor_id AND vg.user_id = ? WHERE vt.group_id = g.parent_id) THEN g.parent_id END",
      {scope.user_id, scope.user_id}};
}

void add(Where& where, const Condition& condition) {
  where.add(condition.text);
  bind(where, condition);
}

void bind(Where& where, const Condition& condition) {
  for (const auto value : condition.args) where.bind(value);
}

}  // namespace nexus::servers
