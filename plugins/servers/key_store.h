// servers_ssh_keys: SQL and nothing else.
#pragma once

#include "model.h"

#include <nexus/cpp/db.h>

namespace nexus::servers {

struct KeyUser {
  std::int64_t id = 0;
  std::string name;
};

// On behalf of one call, or of its transaction; every function blocks. What the scope does not show is not found.
class KeyStore {
 public:
  // How many servers an error names that are in the way of removing a key.
  static constexpr std::int64_t kMaxUsersNamed = 20;

  explicit KeyStore(const Sql& sql) noexcept : sql_(sql) {}

  Result<std::vector<SshKey>> list(const Scope& scope, std::int64_t limit, std::int64_t offset) const;
  Result<std::int64_t> count(const Scope& scope) const;
  Result<std::optional<SshKey>> find(const Scope& scope, std::int64_t id) const;
  // Status::conflict where the owner has one of that name. The private part follows in the same transaction.
  Result<std::int64_t> insert(const SshKey& key) const;
  Result<void> set_private_key(std::int64_t id, std::string_view sealed) const;
  Result<void> rename(std::int64_t id, std::string_view name, std::int64_t now_us) const;
  // Of the servers that use it those that the scope shows: others' may too.
  Result<std::vector<KeyUser>> used_by(const Scope& scope, std::int64_t id) const;
  // Status::conflict where a server uses it.
  Result<void> remove(std::int64_t id) const;

 private:
  Sql sql_;
};

}  // namespace nexus::servers
