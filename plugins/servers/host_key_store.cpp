#include "host_key_store.h"

#include "visibility.h"

namespace nexus::servers {
namespace {

constexpr std::string_view kHostKeyColumns =
    "k.id, k.host, k.port, k.type, k.fingerprint, k.public_key, k.state, k.first_seen_us, k.last_seen_us, "
    "k.decided_us, k.decided_by";
constexpr std::size_t kHostKeyColumnCount = 11;
constexpr std::string_view kSeenHostKeys = " FROM servers_host_keys k JOIN servers_servers s ON s.id = k.server_id";

std::string select_host_keys(std::string_view condition) {
  return "SELECT " + std::string(kHostKeyColumns) + " FROM servers_host_keys k WHERE " + std::string(condition) +
         " ORDER BY k.last_seen_us DESC, k.id DESC LIMIT 200";
}

// Borrows the state.
Where where_of(const Scope& scope, const std::string_view& state) {
  Where where;
  where.add("k.state = ?", state);
  add(where, sees_server(scope));
  return where;
}

SeenHostKey read_host_key(const Row& row) {
  return {row.integer(0), row.string(1),           row.integer(2),          row.string(3),
          row.string(4),  row.string(5),           row.string(6),           row.integer(7),
          row.integer(8), row.optional_integer(9), row.optional_integer(10)};
}

ReviewedHostKey read_reviewed(const Row& row) {
  return {read_host_key(row), {row.integer(kHostKeyColumnCount), row.string(kHostKeyColumnCount + 1)}};
}

}  // namespace

Result<std::vector<ReviewedHostKey>> HostKeyStore::list(const Scope& scope, std::string_view state, std::int64_t limit,
                                                        std::int64_t offset) const {
  auto where = where_of(scope, state);
  where.bind(limit, offset);
  return sql_.all_values(read_reviewed,
                         "SELECT " + std::string(kHostKeyColumns) + ", s.id, s.name" + std::string(kSeenHostKeys) +
                             where.text() + " ORDER BY k.last_seen_us DESC, k.id DESC LIMIT ? OFFSET ?",
                         where.args());
}

Result<std::int64_t> HostKeyStore::count(const Scope& scope, std::string_view state) const {
  const auto where = where_of(scope, state);
  return sql_.number_values("SELECT COUNT(*)" + std::string(kSeenHostKeys) + where.text(), where.args());
}

Result<std::vector<SeenHostKey>> HostKeyStore::of_server(std::int64_t server_id) const {
  return sql_.all(read_host_key, select_host_keys("k.server_id = ?"), server_id);
}

Result<std::vector<SeenHostKey>> HostKeyStore::at_address(std::int64_t server_id, std::string_view host,
                                                          std::int64_t port) const {
  return sql_.all(read_host_key, select_host_keys("k.server_id = ? AND k.host = ? AND k.port = ?"), server_id, host,
                  port);
}

Result<void> HostKeyStore::put(std::int64_t server_id, const SeenHostKey& key) const {
  NEXUS_ASSIGN(const auto known,
               sql_.exec("UPDATE servers_host_keys SET state = ?, last_seen_us = ?, decided_us = ?, decided_by = ? "
                         "WHERE server_id = ? AND host = ? AND port = ? AND fingerprint = ? AND state <> 'rejected'",
                         key.state, key.last_seen_us, key.decided_us, key.decided_by, server_id, key.host, key.port,
                         key.fingerprint));
  if (known.affected > 0) return {};
  NEXUS_TRY(
      sql_.exec("INSERT INTO servers_host_keys (server_id, host, port, type, fingerprint, public_key, state, "
                "first_seen_us, last_seen_us, decided_us, decided_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                server_id, key.host, key.port, key.type, key.fingerprint, key.public_key, key.state, key.first_seen_us,
                key.last_seen_us, key.decided_us, key.decided_by));
  return {};
}

Result<void> HostKeyStore::touch(std::int64_t id, std::int64_t now_us) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_host_keys SET last_seen_us = ? WHERE id = ?", now_us, id));
  return {};
}

Result<void> HostKeyStore::set_state(std::int64_t id, std::string_view state, std::int64_t now_us,
                                     std::int64_t user_id) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_host_keys SET state = ?, decided_us = ?, decided_by = ? WHERE id = ?", state,
                      now_us, user_id, id));
  return {};
}

Result<void> HostKeyStore::vouch(const Server& server, const VouchedHostKey& key, std::int64_t now_us) const {
  NEXUS_TRY(
      sql_.exec("INSERT INTO servers_vouched_host_keys (server_id, host, port, fingerprint, vouched_by, vouched_us) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                server.id, server.host, server.port, key.fingerprint, key.vouched_by, now_us));
  return {};
}

Result<std::optional<VouchedHostKey>> HostKeyStore::vouched(std::int64_t server_id, std::string_view host,
                                                            std::int64_t port) const {
  return first_of(sql_.all(
      [](const Row& row) {
        return VouchedHostKey{row.string(0), row.integer(1)};
      },
      "SELECT fingerprint, vouched_by FROM servers_vouched_host_keys WHERE server_id = ? AND host = ? AND port = ?",
      server_id, host, port));
}

Result<void> HostKeyStore::trim_pending(std::int64_t server_id) const {
  NEXUS_ASSIGN(const auto surplus,
               sql_.all([](const Row& row) { return row.integer(0); },
                        "SELECT id FROM servers_host_keys WHERE server_id = ? AND state = 'pending' "
                        "ORDER BY last_seen_us DESC, id DESC LIMIT 100 OFFSET ?",
                        server_id, kMaxPending));
  for (const auto id : surplus) NEXUS_TRY(sql_.exec("DELETE FROM servers_host_keys WHERE id = ?", id));
  return {};
}

}  // namespace nexus::servers
