#include "server_store.h"

#include "tag_store.h"
#include "tags.h"
#include "visibility.h"

#include <array>

namespace nexus::servers {
namespace {

constexpr std::string_view kServerColumns =
    "s.id, s.owner_user_id, s.name, s.host, s.port, s.ssh_user, s.ssh_key_id, s.password_sealed IS NOT NULL, "
    "s.description, s.tags, s.status, s.os_info, s.last_heartbeat_us, s.created_us, s.updated_us, "
    "s.jump_server_id, s.status_reason";
constexpr std::size_t kServerColumnCount = 17;

Server read_server(const Row& row) {
  Server server;
  server.id = row.integer(0);
  server.owner_user_id = row.integer(1);
  server.name = row.string(2);
  server.host = row.string(3);
  server.port = row.integer(4);
  server.ssh_user = row.string(5);
  server.ssh_key_id = row.optional_integer(6);
  server.has_password = row.boolean(7);
  server.description = row.string(8);
  server.tags = split_tags(row.text(9));
  server.status = row.string(10);
  server.os_info = row.optional_string(11);
  server.last_heartbeat_us = row.optional_integer(12);
  server.created_us = row.integer(13);
  server.updated_us = row.integer(14);
  server.jump_server_id = row.optional_integer(15);
  server.status_reason = row.optional_string(16);
  return server;
}

Server read_with_level(const Row& row) {
  auto server = read_server(row);
  server.access = level_of(row.integer(kServerColumnCount));
  return server;
}

ServerAccess read_access(const Row& row) {
  return {read_with_level(row), row.string(kServerColumnCount + 1), row.string(kServerColumnCount + 2)};
}

// One server and the caller's level on it, from `tables`, which name it `s`. Asks for the level, not for the set of all
// that he sees.
template <class Map>
auto find_one(const Sql& sql, Map&& map, const Scope& scope, std::int64_t id, std::string_view more_columns,
              std::string_view tables) {
  const auto level = level_on_server(scope);
  const auto is_seen = "(" + std::string(level.text) + ") IS NOT NULL";
  Where where;
  bind(where, level);
  where.add("s.id = ?", id);
  add(where, {is_seen, level.args});
  std::string text = "SELECT ";
  text.append(kServerColumns).append(", ").append(level.text).append(more_columns);
  return first_of(sql.all_values(map, text.append(" FROM ").append(tables).append(where.text()), where.args()));
}

Result<std::vector<NamedServer>> named_where(const Sql& sql, const Scope& scope, std::string_view condition,
                                             std::int64_t id) {
  Where where;
  where.add(condition, id);
  add(where, sees_server(scope));
  where.bind(ServerStore::kMostNamed);
  return sql.all_values(
      [](const Row& row) {
        return NamedServer{row.integer(0), row.string(1)};
      },
      "SELECT s.id, s.name FROM servers_servers s" + where.text() + " ORDER BY s.id LIMIT ?", where.args());
}

// Borrows from filter and pattern.
Where where_of(const Scope& scope, const ServerFilter& filter, const std::string& pattern) {
  Where where;
  add(where, sees_server(scope));
  if (filter.status) where.add("s.status = ?", *filter.status);
  if (filter.group_id) {
    const auto group = sees_group(scope);
    where.add(
        "s.id IN (SELECT m.server_id FROM servers_groups g JOIN servers_group_tree t ON t.ancestor_id = g.id "
        "JOIN servers_group_members m ON m.group_id = t.group_id WHERE g.id = ? AND " +
            std::string(group.text) + ")",
        *filter.group_id);
    bind(where, group);
  }
  for (const auto& tag : filter.tags)
    where.add("s.id IN (SELECT t.server_id FROM servers_tags t WHERE t.tag = ?)", tag);
  if (!filter.search.empty()) {
    where.add("(LOWER(s.name) LIKE LOWER(?) ESCAPE '!' OR LOWER(s.host) LIKE LOWER(?) ESCAPE '!')", pattern, pattern);
  }
  return where;
}

constexpr std::array<SortColumn, 6> kSortColumns{{{"name", "s.name"},
                                                  {"host", "s.host"},
                                                  {"status", "s.status"},
                                                  {"created_at", "s.created_us"},
                                                  {"last_heartbeat", "s.last_heartbeat_us"},
                                                  {"port", "s.port"}}};

}  // namespace

Result<std::vector<Server>> ServerStore::list(const Scope& scope, const ServerFilter& filter) const {
  const auto pattern = contains_pattern(filter.search);
  auto where = where_of(scope, filter, pattern);
  where.bind(filter.limit, filter.offset);
  return sql_.all_values(read_server,
                         "SELECT " + std::string(kServerColumns) + " FROM servers_servers s" + where.text() +
                             order_by(filter.sort, kSortColumns, "s.id") + " LIMIT ? OFFSET ?",
                         where.args());
}

Result<std::int64_t> ServerStore::count(const Scope& scope, const ServerFilter& filter) const {
  const auto pattern = contains_pattern(filter.search);
  const auto where = where_of(scope, filter, pattern);
  return sql_.number_values("SELECT COUNT(*) FROM servers_servers s" + where.text(), where.args());
}

Result<std::vector<Server>> ServerStore::of_owner(std::int64_t user_id) const {
  return sql_.all(read_server,
                  "SELECT " + std::string(kServerColumns) +
                      " FROM servers_servers s WHERE s.owner_user_id = ? ORDER BY s.id LIMIT 100000",
                  user_id);
}

Result<std::optional<Server>> ServerStore::find(const Scope& scope, std::int64_t id) const {
  return find_one(sql_, read_with_level, scope, id, "", "servers_servers s");
}

Result<std::optional<ServerAccess>> ServerStore::find_access(const Scope& scope, std::int64_t id) const {
  return find_one(sql_, read_access, scope, id, ", s.password_sealed, k.private_key_sealed",
                  "servers_servers s LEFT JOIN servers_ssh_keys k ON k.id = s.ssh_key_id");
}

Result<std::optional<ServerAccess>> ServerStore::access_of(std::int64_t id) const {
  const Scope everything{0, true, true};
  return find_access(everything, id);
}

Result<std::vector<NamedServer>> ServerStore::behind(const Scope& scope, std::int64_t id) const {
  return named_where(sql_, scope, "s.jump_server_id = ?", id);
}

Result<std::vector<NamedServer>> ServerStore::with_key(const Scope& scope, std::int64_t key_id) const {
  return named_where(sql_, scope, "s.ssh_key_id = ?", key_id);
}

Result<bool> ServerStore::leads_on(std::int64_t id) const {
  NEXUS_ASSIGN(const auto count, sql_.number("SELECT COUNT(*) FROM servers_servers WHERE jump_server_id = ?", id));
  return count > 0;
}

Result<std::int64_t> ServerStore::insert(const Server& server) const {
  NEXUS_ASSIGN(const auto done,
               sql_.exec("INSERT INTO servers_servers (owner_user_id, name, host, port, ssh_user, ssh_key_id, "
                         "description, tags, status, status_reason, created_us, updated_us, jump_server_id) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         server.owner_user_id, server.name, server.host, server.port, server.ssh_user,
                         server.ssh_key_id, server.description, join_tags(server.tags), server.status,
                         server.status_reason, server.created_us, server.updated_us, server.jump_server_id));
  NEXUS_TRY(TagStore(sql_).replace(done.last_id, server.tags));
  return done.last_id;
}

Result<bool> ServerStore::update(const Server& server, std::int64_t seen_us) const {
  NEXUS_ASSIGN(
      const auto done,
      sql_.exec("UPDATE servers_servers SET name = ?, host = ?, port = ?, ssh_user = ?, ssh_key_id = ?, "
                "description = ?, tags = ?, updated_us = ?, jump_server_id = ? WHERE id = ? AND updated_us = ?",
                server.name, server.host, server.port, server.ssh_user, server.ssh_key_id, server.description,
                join_tags(server.tags), server.updated_us, server.jump_server_id, server.id, seen_us));
  if (done.affected == 0) return false;
  NEXUS_TRY(TagStore(sql_).replace(server.id, server.tags));
  return true;
}

Result<void> ServerStore::set_password(std::int64_t id, const std::optional<std::string>& sealed) const {
  const nx_value value = sealed ? blob_value(*sealed) : null_value();
  NEXUS_TRY(sql_.exec("UPDATE servers_servers SET password_sealed = ? WHERE id = ?", value, id));
  return {};
}

Result<bool> ServerStore::remove(std::int64_t id) const {
  NEXUS_ASSIGN(const auto done, sql_.exec("DELETE FROM servers_servers WHERE id = ?", id));
  return done.affected > 0;
}

Result<void> ServerStore::hold(std::int64_t id) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_servers SET updated_us = updated_us WHERE id = ?", id));
  return {};
}

Result<void> ServerStore::hold_owned(std::int64_t user_id) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_servers SET updated_us = updated_us WHERE owner_user_id = ?", user_id));
  return {};
}

Result<std::vector<Membership>> ServerStore::memberships(const Scope& scope, std::int64_t id) const {
  const auto level = level_on_group(scope);
  Where where;
  bind(where, level);
  where.add("m.server_id = ?", id);
  add(where, sees_group(scope));
  return sql_.all_values(
      [](const Row& row) {
        return Membership{row.integer(0), level_of(row.integer(1))};
      },
      "SELECT g.id, " + std::string(level.text) +
          " FROM servers_groups g JOIN servers_group_members m ON m.group_id = g.id" + where.text() +
          " ORDER BY g.id LIMIT 1000",
      where.args());
}

Result<void> ServerStore::join_group(std::int64_t id, std::int64_t group_id) const {
  NEXUS_TRY(sql_.exec("INSERT INTO servers_group_members (group_id, server_id) VALUES (?, ?)", group_id, id));
  return {};
}

Result<void> ServerStore::leave_group(std::int64_t id, std::int64_t group_id) const {
  NEXUS_TRY(sql_.exec("DELETE FROM servers_group_members WHERE group_id = ? AND server_id = ?", group_id, id));
  return {};
}

}  // namespace nexus::servers
