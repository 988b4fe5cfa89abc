#include "host_key_service.h"

#include <algorithm>

namespace nexus::servers {
namespace {

// The id of the key of that fingerprint, in one of those states.
Result<std::int64_t> undecided(const std::vector<SeenHostKey>& keys, std::string_view fingerprint,
                               std::initializer_list<std::string_view> states) {
  for (const auto& key : keys) {
    if (key.fingerprint == fingerprint && std::find(states.begin(), states.end(), key.state) != states.end()) {
      return key.id;
    }
  }
  return Error::field("fingerprint", "pending", "servers.host_key_not_pending");
}

}  // namespace

Result<std::vector<SeenHostKey>> HostKeyService::list(std::int64_t server_id) const {
  NEXUS_TRY(existing(ServerStore(sql_).find(scope_, server_id), Level::view));
  return HostKeyStore(sql_).of_server(server_id);
}

Result<PageOf<ReviewedHostKey>> HostKeyService::review(std::string_view state, std::int64_t limit,
                                                       std::int64_t offset) const {
  const HostKeyStore store(sql_);
  PageOf<ReviewedHostKey> page;
  NEXUS_ASSIGN(page.total, store.count(scope_, state));
  NEXUS_ASSIGN(page.items, store.list(scope_, state, limit, offset));
  return page;
}

Result<std::vector<SeenHostKey>> HostKeyService::accept(std::int64_t server_id, std::string_view fingerprint,
                                                        std::int64_t now_us) const {
  return judge(server_id, fingerprint, {"pending", "rejected"}, "trusted", now_us);
}

Result<std::vector<SeenHostKey>> HostKeyService::reject(std::int64_t server_id, std::string_view fingerprint,
                                                        std::int64_t now_us) const {
  return judge(server_id, fingerprint, {"pending"}, "rejected", now_us);
}

Result<std::vector<SeenHostKey>> HostKeyService::judge(std::int64_t server_id, std::string_view fingerprint,
                                                       std::initializer_list<std::string_view> from,
                                                       std::string_view verdict, std::int64_t now_us) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  NEXUS_ASSIGN(const auto server, existing(ServerStore(transaction).find(scope_, server_id), Level::manage));
  const HostKeyStore store(transaction);
  NEXUS_ASSIGN(const auto keys, store.at_address(server_id, server.host, server.port));
  NEXUS_ASSIGN(const auto wanted, undecided(keys, fingerprint, from));
  for (const auto& key : keys) {
    const bool gives_way = verdict == "trusted" && key.state == "trusted";
    if (gives_way) NEXUS_TRY(store.set_state(key.id, "retired", now_us, scope_.user_id));
  }
  NEXUS_TRY(store.set_state(wanted, verdict, now_us, scope_.user_id));
  NEXUS_ASSIGN(auto after, store.of_server(server_id));
  NEXUS_TRY(transaction.commit());
  return after;
}

}  // namespace nexus::servers
