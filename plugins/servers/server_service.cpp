#include "server_service.h"

#include "group_store.h"
#include "input_rules.h"
#include "key_store.h"

#include <algorithm>

namespace nexus::servers {
namespace {

constexpr std::int64_t kMaxPort = 65'535;

Error server_taken() { return Error::api(code::kExists, "servers.name_taken"); }

Result<void> check_fields(const Server& server) {
  if (!is_name(server.name)) return Error::field("name", "format", "servers.name_invalid");
  if (!is_host(server.host)) return Error::field("host", "format", "servers.host_invalid");
  if (server.port < 1 || server.port > kMaxPort) return Error::field("port", "range", "servers.port_invalid");
  if (!is_ssh_user(server.ssh_user)) return Error::field("ssh_user", "format", "servers.ssh_user_invalid");
  if (!std::all_of(server.tags.begin(), server.tags.end(), is_name)) {
    return Error::field("tags", "format", "servers.tag_invalid");
  }
  return {};
}

void apply(const ServerChange& change, Server& server) {
  if (change.name) server.name = *change.name;
  if (change.host) server.host = *change.host;
  if (change.port) server.port = *change.port;
  if (change.ssh_user) server.ssh_user = *change.ssh_user;
  if (change.ssh_key_id) server.ssh_key_id = *change.ssh_key_id;
  if (change.tags) server.tags = *change.tags;
  if (change.description) server.description = *change.description;
}

Result<void> check_references(const Sql& sql, const Scope& scope, const ServerChange& change) {
  if (change.ssh_key_id && *change.ssh_key_id) {
    NEXUS_ASSIGN(const auto key, KeyStore(sql).find(scope, **change.ssh_key_id));
    if (!key) return Error::field("ssh_key_id", "exists", "servers.ssh_key_unknown");
  }
  if (!change.group_ids) return {};
  for (const auto id : *change.group_ids) {
    NEXUS_ASSIGN(const auto group, GroupStore(sql).find(scope, id));
    if (!group) return Error::field("group_ids", "exists", "servers.group_unknown");
  }
  return {};
}

}  // namespace

Result<ServerPage> ServerService::list(const ServerFilter& filter) const {
  ServerPage page;
  NEXUS_ASSIGN(page.total, store_.count(scope_, filter));
  NEXUS_ASSIGN(page.servers, store_.list(scope_, filter));
  return page;
}

Result<ServerDetail> ServerService::get(std::int64_t id) const {
  NEXUS_ASSIGN(auto server, store_.find(scope_, id));
  if (!server) return Error::api(code::kNotFound);
  NEXUS_ASSIGN(auto groups, store_.groups_of(scope_, id));
  return ServerDetail{std::move(*server), std::move(groups)};
}

Result<ServerDetail> ServerService::add(const ServerChange& change, std::int64_t now_us) const {
  Server server;
  apply(change, server);
  server.owner_user_id = scope_.user_id;
  server.status = "unknown";
  server.created_us = server.updated_us = now_us;
  return write(std::move(server), true, change);
}

Result<ServerDetail> ServerService::change(std::int64_t id, const ServerChange& change, std::int64_t now_us) const {
  NEXUS_ASSIGN(auto found, store_.find(scope_, id));
  if (!found) return Error::api(code::kNotFound);
  auto server = *found;
  apply(change, server);
  if (server.host != found->host || server.port != found->port) {
    server.status = "unknown";
    if (server.has_password && !change.password) {
      return Error::field("password", "required", "servers.password_needed_again");
    }
  }
  // Also where the clock went back: connections are told apart by it.
  server.updated_us = std::max(now_us, found->updated_us + 1);
  return write(std::move(server), false, change);
}

Result<ServerDetail> ServerService::write(Server server, bool is_new, const ServerChange& change) const {
  NEXUS_TRY(check_fields(server));
  NEXUS_ASSIGN(auto transaction, store_.sql().begin());
  const ServerStore store(transaction);
  NEXUS_TRY(check_references(transaction, scope_, change));
  if (is_new) {
    const auto inserted = store.insert(server);
    if (!inserted.ok()) return inserted.error().status() == Status::conflict ? server_taken() : inserted.error();
    server.id = *inserted;
  } else {
    const auto updated = store.update(server);
    if (!updated.ok()) return updated.error().status() == Status::conflict ? server_taken() : updated.error();
  }
  if (change.password) {
    std::optional<std::string> sealed;
    if (*change.password && !(*change.password)->empty()) {
      NEXUS_ASSIGN(sealed, secrets_.seal((*change.password)->view(), password_context(server.id)));
    }
    NEXUS_TRY(store.set_password(server.id, sealed));
    server.has_password = sealed.has_value();
  }
  if (change.group_ids) {
    auto ids = *change.group_ids;
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    NEXUS_TRY(store.set_groups(scope_, server.id, ids));
  }
  NEXUS_ASSIGN(auto groups, store.groups_of(scope_, server.id));
  NEXUS_TRY(transaction.commit());
  return ServerDetail{std::move(server), std::move(groups)};
}

Result<Server> ServerService::remove(std::int64_t id) const {
  NEXUS_ASSIGN(const auto server, store_.find(scope_, id));
  if (!server) return Error::api(code::kNotFound);
  NEXUS_ASSIGN(const auto removed, store_.remove(id));
  if (!removed) return Error::api(code::kNotFound);
  return *server;
}

}  // namespace nexus::servers
