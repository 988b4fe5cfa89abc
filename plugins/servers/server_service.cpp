#include "server_service.h"

#include "host_key_store.h"
#include "in_use.h"
#include "input_rules.h"
#include "jump_chain.h"
#include "key_store.h"
#include "membership.h"
#include "server_rules.h"
#include "status_reason.h"
#include "status_store.h"
#include "tags.h"

#include <nexus/cpp/etag.h>

namespace nexus::servers {
namespace {

void apply(const ServerChange& change, Server& server) {
  if (change.name) server.name = *change.name;
  if (change.host) server.host = *change.host;
  if (change.port) server.port = *change.port;
  if (change.ssh_user) server.ssh_user = *change.ssh_user;
  if (change.ssh_key_id) server.ssh_key_id = *change.ssh_key_id;
  if (change.jump_server_id) server.jump_server_id = *change.jump_server_id;
  if (change.tags) server.tags = *change.tags;
  server.tags.insert(server.tags.end(), change.more_tags.begin(), change.more_tags.end());
  server.tags = without_repeats(std::move(server.tags));
  for (const auto& tag : change.fewer_tags) std::erase(server.tags, tag);
  if (change.description) server.description = *change.description;
}

Error explained(const Error& error) {
  return error.status() == Status::conflict ? Error::api(code::kExists, "servers.name_taken") : error;
}

Result<bool> may_choose_key(const Sql& sql, const Scope& scope, const Server& server) {
  if (!server.ssh_key_id) return true;
  NEXUS_ASSIGN(const auto key, KeyStore(sql).find(scope, *server.ssh_key_id));
  return key.has_value();
}

// `before` is null where the server is new. A key that stays is not asked for again.
Result<void> check_secrets(const Sql& sql, const Scope& scope, const Server& server, const Server* before,
                           const ServerChange& change) {
  NEXUS_ASSIGN(const bool key_is_callers, may_choose_key(sql, scope, server));
  if (!key_is_callers && (before == nullptr || before->ssh_key_id != server.ssh_key_id)) {
    return Error::field("ssh_key_id", "exists", "servers.ssh_key_unknown");
  }
  if (before == nullptr) return {};
  const bool by_grant = !scope.everything && before->owner_user_id != scope.user_id;
  return check_login({*before, server, by_grant, change.password.has_value(), key_is_callers});
}

Result<void> check_password(const ServerChange& change) {
  if (!change.password || !*change.password || characters((*change.password)->view()) <= kMaxPasswordCharacters) {
    return {};
  }
  return Error::field("password", "maxLength", "servers.password_too_long");
}

Result<std::int64_t> save(const ServerStore& store, const Server& server, const Server* before) {
  if (before == nullptr) {
    const auto inserted = store.insert(server);
    return inserted.ok() ? inserted : Result<std::int64_t>(explained(inserted.error()));
  }
  const auto updated = store.update(server, before->updated_us);
  if (!updated.ok()) return explained(updated.error());
  if (!*updated) return Error::api(code::kExists, "servers.changed_meanwhile");
  return server.id;
}

Result<void> refuse_where_it_leads_on(const ServerStore& store, const Scope& scope, std::int64_t id) {
  NEXUS_ASSIGN(const bool leads_on, store.leads_on(id));
  if (!leads_on) return {};
  NEXUS_ASSIGN(const auto servers, store.behind(scope, id));
  return in_use("servers.jump_in_use", servers);
}

Result<ServerDetail> detail_of(const ServerStore& store, const Scope& scope, Server server) {
  NEXUS_ASSIGN(const auto memberships, store.memberships(scope, server.id));
  ServerDetail detail{std::move(server), {}};
  for (const auto& one : memberships) detail.group_ids.push_back(one.group_id);
  return detail;
}

}  // namespace

Result<ServerPage> ServerService::list(const ServerFilter& filter) const {
  ServerPage page;
  NEXUS_ASSIGN(page.total, store_.count(scope_, filter));
  NEXUS_ASSIGN(page.servers, store_.list(scope_, filter));
  return page;
}

Result<ServerDetail> ServerService::get(std::int64_t id) const {
  NEXUS_ASSIGN(auto server, existing(store_.find(scope_, id), Level::view));
  return detail_of(store_, scope_, std::move(server));
}

Result<ServerDetail> ServerService::add(const ServerChange& change, std::int64_t now_us) const {
  NEXUS_ASSIGN(const auto held, jump_locks(store_, 0, change.jump_server_id.value_or(std::nullopt)));
  NEXUS_ASSIGN(auto transaction, store_.sql().begin());
  NEXUS_TRY(hold_all(ServerStore(transaction), held));
  NEXUS_ASSIGN(auto detail, add_in(transaction, change, now_us));
  NEXUS_TRY(transaction.commit());
  return detail;
}

Result<ServerDetail> ServerService::add_in(const Sql& transaction, const ServerChange& change,
                                           std::int64_t now_us) const {
  Server server;
  apply(change, server);
  server.owner_user_id = scope_.user_id;
  server.status = "unknown";
  server.status_reason = kNeverConnected;
  server.created_us = server.updated_us = now_us;
  server.access = Level::manage;
  NEXUS_ASSIGN(auto detail, write(transaction, std::move(server), nullptr, change, {}));
  if (change.host_key_fingerprint) {
    const VouchedHostKey vouched{*change.host_key_fingerprint, scope_.user_id};
    NEXUS_TRY(HostKeyStore(transaction).vouch(detail.server, vouched, now_us));
  }
  return detail;
}

Result<ServerAccess> ServerService::unsaved(const ServerChange& change, std::int64_t id) const {
  ServerAccess access;
  auto& server = access.server;
  apply(change, server);
  server.id = id;
  server.owner_user_id = scope_.user_id;
  NEXUS_TRY(check_address(server));
  NEXUS_TRY(check_password(change));
  NEXUS_TRY(check_secrets(store_.sql(), scope_, server, nullptr, change));
  NEXUS_TRY(check_jump(store_, scope_, server, nullptr, {}));
  if (change.password && *change.password && !(*change.password)->empty()) {
    NEXUS_ASSIGN(access.password_sealed, secrets_.seal((*change.password)->view(), password_context(id)));
  }
  if (server.ssh_key_id) {
    NEXUS_ASSIGN(access.private_key_sealed, KeyStore(store_.sql()).private_key(*server.ssh_key_id));
  }
  return access;
}

Result<Changed<ServerDetail>> ServerService::change(std::int64_t id, const ServerChange& change, std::int64_t now_us,
                                                    const Precondition& wanted) const {
  NEXUS_ASSIGN(const auto held, jump_locks(store_, id, change.jump_server_id.value_or(std::nullopt)));
  NEXUS_ASSIGN(auto transaction, store_.sql().begin());
  const ServerStore store(transaction);
  NEXUS_TRY(hold_all(store, held));
  NEXUS_ASSIGN(auto found, existing(store.find(scope_, id), Level::manage));
  NEXUS_TRY(require(wanted, found.updated_us));
  NEXUS_ASSIGN(auto before, detail_of(store, scope_, std::move(found)));
  auto server = before.server;
  apply(change, server);
  // Connections are told apart by it too.
  server.updated_us = moved_on(now_us, before.server.updated_us);
  NEXUS_ASSIGN(auto now, write(transaction, std::move(server), &before.server, change, held));
  if (now.server.host != before.server.host || now.server.port != before.server.port) {
    NEXUS_TRY(StatusStore(transaction).mark_unknown(id, kAddressChanged));
    now.server.status = "unknown";
    now.server.status_reason = kAddressChanged;
  }
  NEXUS_TRY(transaction.commit());
  return Changed<ServerDetail>{std::move(now), std::move(before)};
}

Result<ServerDetail> ServerService::write(const Sql& sql, Server server, const Server* before,
                                          const ServerChange& change, const HeldServers& held) const {
  NEXUS_TRY(check_fields(server));
  NEXUS_TRY(check_password(change));
  NEXUS_TRY(check_secrets(sql, scope_, server, before, change));
  const ServerStore store(sql);
  NEXUS_TRY(check_jump(store, scope_, server, before, held));
  NEXUS_ASSIGN(server.id, save(store, server, before));
  if (change.password) {
    std::optional<std::string> sealed;
    if (*change.password && !(*change.password)->empty()) {
      NEXUS_ASSIGN(sealed, secrets_.seal((*change.password)->view(), password_context(server.id)));
    }
    NEXUS_TRY(store.set_password(server.id, sealed));
    server.has_password = sealed.has_value();
  }
  if (change.group_ids) NEXUS_TRY(place_in_groups(sql, scope_, server, *change.group_ids));
  return detail_of(store, scope_, std::move(server));
}

Result<Server> ServerService::remove(std::int64_t id, const Precondition& wanted) const {
  NEXUS_ASSIGN(auto transaction, store_.sql().begin());
  const ServerStore store(transaction);
  // So that nobody makes it a jump host between the question and the removal.
  NEXUS_TRY(store.hold(id));
  NEXUS_ASSIGN(auto server, existing(store.find(scope_, id), Level::manage));
  NEXUS_TRY(require(wanted, server.updated_us));
  NEXUS_TRY(refuse_where_it_leads_on(store, scope_, id));
  NEXUS_ASSIGN(const auto removed, store.remove(id));
  if (!removed) return Error::api(code::kNotFound);
  NEXUS_TRY(transaction.commit());
  return server;
}

}  // namespace nexus::servers
