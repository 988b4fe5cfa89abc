// servers_servers and its place in groups: SQL and nothing else.
#pragma once

#include "model.h"

#include <nexus/cpp/db.h>

namespace nexus::servers {

struct ServerFilter {
  std::optional<std::int64_t> group_id;
  std::optional<std::string> status;
  std::string search;                // in name and host, without regard to case; empty: all
  std::string sort = "-created_at";  // a field of the answer, with '-' for descending; an unknown one sorts by id
  std::int64_t limit = 0;
  std::int64_t offset = 0;
};

// On behalf of one call, or of its transaction; every function blocks. What the scope does not show is not found.
class ServerStore {
 public:
  explicit ServerStore(const Sql& sql) noexcept : sql_(sql) {}

  Result<std::vector<Server>> list(const Scope& scope, const ServerFilter& filter) const;
  Result<std::int64_t> count(const Scope& scope, const ServerFilter& filter) const;
  Result<std::optional<Server>> find(const Scope& scope, std::int64_t id) const;
  Result<std::optional<ServerAccess>> find_access(const Scope& scope, std::int64_t id) const;
  // Status::conflict where the owner has one of that name. `server.id` and has_password are not read.
  Result<std::int64_t> insert(const Server& server) const;
  Result<void> update(const Server& server) const;
  // nullopt: no password.
  Result<void> set_password(std::int64_t id, const std::optional<std::string>& sealed) const;
  Result<bool> remove(std::int64_t id) const;

  // What the panel finds out by itself; updated_us stays.
  Result<void> mark_online(std::int64_t id, const std::optional<std::string>& os_info, std::int64_t now_us) const;
  Result<void> mark_offline(std::int64_t id) const;

  Result<std::vector<std::int64_t>> groups_of(const Scope& scope, std::int64_t id) const;
  // Replaces the memberships in groups that the scope shows.
  Result<void> set_groups(const Scope& scope, std::int64_t id, const std::vector<std::int64_t>& group_ids) const;

  const Sql& sql() const noexcept { return sql_; }

 private:
  Sql sql_;
};

// `text` for LIKE ... ESCAPE '!', found anywhere: its wildcards stand for themselves.
std::string like_pattern(std::string_view text);

}  // namespace nexus::servers
