#include "server_store.h"

#include "tags.h"

#include <nexus/cpp/list_query.h>

#include <array>

namespace nexus::servers {
namespace {

constexpr std::string_view kServerColumns =
    "s.id, s.owner_user_id, s.name, s.host, s.port, s.ssh_user, s.ssh_key_id, s.password_sealed IS NOT NULL, "
    "s.description, s.tags, s.status, s.os_info, s.last_heartbeat_us, s.created_us, s.updated_us";
constexpr std::size_t kServerColumnCount = 15;

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
  return server;
}

ServerAccess read_access(const Row& row) {
  return {read_server(row), row.string(kServerColumnCount), row.string(kServerColumnCount + 1)};
}

// Borrows from all three.
Where where_of(const Scope& scope, const ServerFilter& filter, const std::string& pattern) {
  Where where;
  if (!scope.everything) where.add("s.owner_user_id = ?", scope.user_id);
  if (filter.status) where.add("s.status = ?", *filter.status);
  if (filter.group_id)
    where.add("s.id IN (SELECT server_id FROM servers_group_members WHERE group_id = ?)", *filter.group_id);
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

Result<std::optional<Server>> ServerStore::find(const Scope& scope, std::int64_t id) const {
  return sql_.first(read_server,
                    "SELECT " + std::string(kServerColumns) +
                        " FROM servers_servers s WHERE s.id = ? AND (? = 1 OR s.owner_user_id = ?)",
                    id, scope.everything, scope.user_id);
}

Result<std::optional<ServerAccess>> ServerStore::find_access(const Scope& scope, std::int64_t id) const {
  return sql_.first(read_access,
                    "SELECT " + std::string(kServerColumns) +
                        ", s.password_sealed, k.private_key_sealed FROM servers_servers s LEFT JOIN servers_ssh_keys k "
                        "ON k.id = s.ssh_key_id WHERE s.id = ? AND (? = 1 OR s.owner_user_id = ?)",
                    id, scope.everything, scope.user_id);
}

Result<std::int64_t> ServerStore::insert(const Server& server) const {
  NEXUS_ASSIGN(
      const auto done,
      sql_.exec("INSERT INTO servers_servers (owner_user_id, name, host, port, ssh_user, ssh_key_id, "
                "description, tags, status, created_us, updated_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                server.owner_user_id, server.name, server.host, server.port, server.ssh_user, server.ssh_key_id,
                server.description, join_tags(server.tags), server.status, server.created_us, server.updated_us));
  return done.last_id;
}

Result<void> ServerStore::update(const Server& server) const {
  NEXUS_TRY(
      sql_.exec("UPDATE servers_servers SET name = ?, host = ?, port = ?, ssh_user = ?, ssh_key_id = ?, "
                "description = ?, tags = ?, status = ?, updated_us = ? WHERE id = ?",
                server.name, server.host, server.port, server.ssh_user, server.ssh_key_id, server.description,
                join_tags(server.tags), server.status, server.updated_us, server.id));
  return {};
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

Result<void> ServerStore::mark_online(std::int64_t id, const std::optional<std::string>& os_info,
                                      std::int64_t now_us) const {
  NEXUS_TRY(
      sql_.exec("UPDATE servers_servers SET status = 'online', last_heartbeat_us = ?, "
                "os_info = COALESCE(?, os_info) WHERE id = ?",
                now_us, os_info, id));
  return {};
}

Result<void> ServerStore::mark_offline(std::int64_t id) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_servers SET status = 'offline' WHERE id = ?", id));
  return {};
}

Result<std::vector<std::int64_t>> ServerStore::groups_of(const Scope& scope, std::int64_t id) const {
  return sql_.all([](const Row& row) { return row.integer(0); },
                  "SELECT g.id FROM servers_groups g JOIN servers_group_members m ON m.group_id = g.id "
                  "WHERE m.server_id = ? AND (? = 1 OR g.owner_user_id = ?) ORDER BY g.id LIMIT 1000",
                  id, scope.everything, scope.user_id);
}

Result<void> ServerStore::set_groups(const Scope& scope, std::int64_t id,
                                     const std::vector<std::int64_t>& group_ids) const {
  NEXUS_TRY(
      sql_.exec("DELETE FROM servers_group_members WHERE server_id = ? AND group_id IN "
                "(SELECT id FROM servers_groups WHERE ? = 1 OR owner_user_id = ?)",
                id, scope.everything, scope.user_id));
  for (const auto group_id : group_ids) {
    NEXUS_TRY(sql_.exec("INSERT INTO servers_group_members (group_id, server_id) VALUES (?, ?)", group_id, id));
  }
  return {};
}

}  // namespace nexus::servers
