// The rules about servers.
#pragma once

#include "secret_box.h"
#include "server_store.h"

namespace nexus::servers {

// What a body says about a server. An outer nullopt: not mentioned; an inner one: none.
struct ServerChange {
  std::optional<std::string> name;
  std::optional<std::string> host;
  std::optional<std::int64_t> port;
  std::optional<std::string> ssh_user;
  std::optional<std::optional<std::int64_t>> ssh_key_id;
  std::optional<std::optional<SecretString>> password;
  std::optional<std::vector<std::int64_t>> group_ids;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::string> description;
};

struct ServerPage {
  std::vector<Server> servers;
  std::int64_t total = 0;
};

struct ServerDetail {
  Server server;
  std::vector<std::int64_t> group_ids;
};

// On behalf of one caller. What he does not see is 40401; a broken rule is 42201 with the field; a name that he has
// already given is 40901.
class ServerService {
 public:
  ServerService(const ServerStore& store, const SecretBox& secrets, const Scope& scope)
      : store_(store), secrets_(secrets), scope_(scope) {}

  Result<ServerPage> list(const ServerFilter& filter) const;
  Result<ServerDetail> get(std::int64_t id) const;
  Result<ServerDetail> add(const ServerChange& change, std::int64_t now_us) const;
  // An address that changes makes the status unknown, and a stored password does not follow to it: it must be given
  // again, or anybody who may edit could have it sent to a machine of his own.
  Result<ServerDetail> change(std::int64_t id, const ServerChange& change, std::int64_t now_us) const;
  // What was removed.
  Result<Server> remove(std::int64_t id) const;

 private:
  Result<ServerDetail> write(Server server, bool is_new, const ServerChange& change) const;

  ServerStore store_;
  SecretBox secrets_;
  Scope scope_;
};

}  // namespace nexus::servers
