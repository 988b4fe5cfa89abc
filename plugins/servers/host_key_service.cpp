#include "host_key_service.h"

#include "lookup.h"

#include <algorithm>

namespace nexus::servers {

Result<std::vector<SeenHostKey>> HostKeyService::list(std::int64_t server_id) const {
  NEXUS_TRY(existing(ServerStore(sql_).find(scope_, server_id), Level::view));
  return HostKeyStore(sql_).of_server(server_id);
}

Result<std::vector<SeenHostKey>> HostKeyService::accept(std::int64_t server_id, std::string_view fingerprint,
                                                        std::int64_t now_us) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  NEXUS_ASSIGN(const auto server, existing(ServerStore(transaction).find(scope_, server_id), Level::manage));
  const HostKeyStore store(transaction);
  NEXUS_ASSIGN(const auto keys, store.at_address(server_id, server.host, server.port));
  const auto wanted = std::find_if(keys.begin(), keys.end(), [&](const SeenHostKey& key) {
    return key.state == "pending" && key.fingerprint == fingerprint;
  });
  if (wanted == keys.end()) return Error::field("fingerprint", "pending", "servers.host_key_not_pending");
  for (const auto& key : keys) {
    if (key.state == "trusted") NEXUS_TRY(store.set_state(key.id, "retired", now_us, scope_.user_id));
  }
  NEXUS_TRY(store.set_state(wanted->id, "trusted", now_us, scope_.user_id));
  NEXUS_ASSIGN(auto after, store.of_server(server_id));
  NEXUS_TRY(transaction.commit());
  return after;
}

}  // namespace nexus::servers
