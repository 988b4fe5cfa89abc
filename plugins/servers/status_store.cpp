#include "status_store.h"

#include "status_reason.h"

#include <algorithm>

namespace nexus::servers {
namespace {

// Ids of one statement.
constexpr std::size_t kBatch = 200;

}  // namespace

Result<bool> StatusStore::mark_online(std::int64_t id, std::int64_t now_us) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_servers SET last_heartbeat_us = ? WHERE id = ?", now_us, id));
  NEXUS_ASSIGN(const auto done, sql_.exec("UPDATE servers_servers SET status = 'online', status_reason = NULL "
                                          "WHERE id = ? AND status <> 'online'",
                                          id));
  return done.affected > 0;
}

Result<bool> StatusStore::mark_offline(std::int64_t id, std::string_view reason) const {
  NEXUS_ASSIGN(const auto done, sql_.exec("UPDATE servers_servers SET status = 'offline', status_reason = ? "
                                          "WHERE id = ? AND status <> 'offline'",
                                          reason, id));
  if (done.affected > 0) return true;
  NEXUS_TRY(sql_.exec("UPDATE servers_servers SET status_reason = ? WHERE id = ? AND status_reason <> ?", reason, id,
                      reason));
  return false;
}

Result<void> StatusStore::mark_unknown(std::int64_t id, std::string_view reason) const {
  NEXUS_TRY(sql_.exec("UPDATE servers_servers SET status = 'unknown', status_reason = ? WHERE id = ?", reason, id));
  return {};
}

Result<void> StatusStore::mark_all_unknown() const {
  NEXUS_TRY(
      sql_.exec("UPDATE servers_servers SET status = 'unknown', "
                "status_reason = CASE WHEN last_heartbeat_us IS NULL THEN ? ELSE ? END WHERE status <> 'unknown'",
                kNeverConnected, kPanelRestarted));
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
