// The rules about servers.
#pragma once

#include "lookup.h"
#include "precondition.h"
#include "secret_box.h"
#include "server_store.h"

#include <set>

namespace nexus::servers {

// What a body says about a server. An outer nullopt: not mentioned; an inner one: none.
struct ServerChange {
  std::optional<std::string> name;
  std::optional<std::string> host;
  std::optional<std::int64_t> port;
  std::optional<std::string> ssh_user;
  std::optional<std::optional<std::int64_t>> ssh_key_id;
  std::optional<std::optional<std::int64_t>> jump_server_id;
  std::optional<std::optional<SecretString>> password;
  std::optional<std::vector<std::int64_t>> group_ids;
  std::optional<std::vector<std::string>> tags;
  std::vector<std::string> more_tags;   // besides those that it has
  std::vector<std::string> fewer_tags;  // of those that it has
  std::optional<std::string> description;
  std::optional<std::string> host_key_fingerprint;  // that the caller vouches for; of a new server only
};

struct ServerPage {
  std::vector<Server> servers;
  std::int64_t total = 0;
};

struct ServerDetail {
  Server server;
  std::vector<std::int64_t> group_ids;  // those that the caller sees
};

// On behalf of one caller. What he does not see is 40401, what he may not do 40301; a broken rule is 42201 with the
// field; a name that the owner has already given is 40901.
class ServerService {
 public:
  ServerService(const ServerStore& store, const SecretBox& secrets, const Scope& scope)
      : store_(store), secrets_(secrets), scope_(scope) {}

  Result<ServerPage> list(const ServerFilter& filter) const;
  Result<ServerDetail> get(std::int64_t id) const;
  Result<ServerDetail> add(const ServerChange& change, std::int64_t now_us) const;
  // The same inside a transaction of somebody else's that holds the jump host.
  Result<ServerDetail> add_in(const Sql& transaction, const ServerChange& change, std::int64_t now_us) const;
  // What it would be connected with, under the given id, by the rules of adding it; nothing is written. Its name, tags
  // and groups are not looked at.
  Result<ServerAccess> unsaved(const ServerChange& change, std::int64_t id) const;
  // Needs manage. An address that changes makes the status unknown, and secrets do not follow to it (see
  // server_rules.h). Where somebody else changed the server at the same time, or `wanted` is another state, 40901.
  Result<Changed<ServerDetail>> change(std::int64_t id, const ServerChange& change, std::int64_t now_us,
                                       const Precondition& wanted = {}) const;
  // Needs manage. What was removed. 40901 likewise; 40903 with `used_by` where it is the jump host of others.
  Result<Server> remove(std::int64_t id, const Precondition& wanted = {}) const;

 private:
  Result<ServerDetail> write(const Sql& sql, Server server, const Server* before, const ServerChange& change,
                             const std::set<std::int64_t>& held) const;

  ServerStore store_;
  SecretBox secrets_;
  Scope scope_;
};

}  // namespace nexus::servers
