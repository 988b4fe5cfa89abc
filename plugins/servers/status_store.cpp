#include "status_store.h"

#include <algorithm>

namespace nexus::servers {
namespace {

// Ids of one statement.
constexpr std::size_t kBatch = 200;

}  // namespace

Result<bool> StatusStore::mark_online(std::int64_t id, std::int64_t now_us) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_servers SET last_heartbeat_us = ? WHERE id = ?", now_us, id));
  NEXUS_ASSIGN(const auto done,
               sql_.exec("UPDATE servers_servers SET status = 'online' WHERE id = ? AND status <> 'online'", id));
  return done.affected > 0;
}

Result<bool> StatusStore::mark_offline(std::int64_t id) const {
  NEXUS_ASSIGN(const auto done,
               sql_.exec("UPDATE servers_servers SET status = 'offline' WHERE id = ? AND status <> 'offline'", id));
  return done.affected > 0;
}

Result<void> StatusStore::mark_all_unknown() const {
  NEXUS_TRY(sql_.exec("UPDATE servers_servers SET status = 'unknown' WHERE status <> 'unknown'"));
  return {};
}

Result<void> StatusStore::touch(std::span<const std::int64_t> ids, std::int64_t now_us) const {
  while (!ids.empty()) {
    const auto batch = ids.first(std::min(ids.size(), kBatch));
    ids = ids.subspan(batch.size());
    std::string text = "UPDATE servers_servers SET last_heartbeat_us = ? WHERE id IN (";
    for (std::size_t i = 0; i < batch.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(batch[i]);
    NEXUS_TRY(sql_.exec(text + ")", now_us));
  }
  return {};
}

Result<void> StatusStore::set_os(std::int64_t id, std::string_view os_info) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_servers SET os_info = ? WHERE id = ?", os_info, id));
  return {};
}

}  // namespace nexus::servers
