// servers_servers and its place in groups: SQL and nothing else.
#pragma once

#include "model.h"

#include <nexus/cpp/db.h>

namespace nexus::servers {

struct ServerFilter {
  std::optional<std::int64_t> group_id;  // or a group in it; one that the caller does not see holds nothing
  std::optional<std::string> status;
  std::vector<std::string> tags;     // the server has all of them
  std::string search;                // in name and host, without regard to case; empty: all
  std::string sort = "-created_at";  // a field of the answer, with '-' for descending; an unknown one sorts by id
  std::int64_t limit = 0;
  std::int64_t offset = 0;
};

// On behalf of one call, or of its transaction; every function blocks. What the scope does not show is not found, not
// listed and not counted.
class ServerStore {
 public:
  // How many servers an error names that are in the way of removing something.
  static constexpr std::int64_t kMostNamed = 20;

  explicit ServerStore(const Sql& sql) noexcept : sql_(sql) {}

  Result<std::vector<Server>> list(const Scope& scope, const ServerFilter& filter) const;
  Result<std::int64_t> count(const Scope& scope, const ServerFilter& filter) const;
  // All of one owner's, by id, up to 100,000.
  Result<std::vector<Server>> of_owner(std::int64_t user_id) const;
  Result<std::optional<Server>> find(const Scope& scope, std::int64_t id) const;
  Result<std::optional<ServerAccess>> find_access(const Scope& scope, std::int64_t id) const;
  // Whoever asks: for the hops on the way to a server that he may use.
  Result<std::optional<ServerAccess>> access_of(std::int64_t id) const;
  // Servers that log in with a key, and those that are reached through a server: what the scope shows of them, at most
  // kMostNamed. And whether any are reached through it at all.
  Result<std::vector<NamedServer>> with_key(const Scope& scope, std::int64_t key_id) const;
  Result<std::vector<NamedServer>> behind(const Scope& scope, std::int64_t id) const;
  Result<bool> leads_on(std::int64_t id) const;
  // Status::conflict where the owner has one of that name. `server.id` and has_password are not read.
  Result<std::int64_t> insert(const Server& server) const;
  // What people enter, and updated_us. Status::conflict likewise; false where it has another updated_us than `seen_us`:
  // somebody was faster.
  Result<bool> update(const Server& server, std::int64_t seen_us) const;
  // nullopt: no password.
  Result<void> set_password(std::int64_t id, const std::optional<std::string>& sealed) const;
  Result<bool> remove(std::int64_t id) const;
  // As the first thing in a transaction: nobody else changes, removes or holds them until it ends, and what is read
  // afterwards is what stands then.
  Result<void> hold(std::int64_t id) const;
  Result<void> hold_owned(std::int64_t user_id) const;

  // The groups that the scope shows and that hold the server, by id.
  Result<std::vector<Membership>> memberships(const Scope& scope, std::int64_t id) const;
  Result<void> join_group(std::int64_t id, std::int64_t group_id) const;
  Result<void> leave_group(std::int64_t id, std::int64_t group_id) const;

  const Sql& sql() const noexcept { return sql_; }

 private:
  Sql sql_;
};

}  // namespace nexus::servers
