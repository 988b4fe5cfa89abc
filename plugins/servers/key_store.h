// servers_ssh_keys: SQL and nothing else.
#pragma once

#include "model.h"

#include <nexus/cpp/db.h>

namespace nexus::servers {

// On behalf of one call, or of its transaction; every function blocks. What the scope does not show is not found.
class KeyStore {
 public:
  explicit KeyStore(const Sql& sql) noexcept : sql_(sql) {}

  Result<std::vector<SshKey>> list(const Scope& scope, std::int64_t limit, std::int64_t offset) const;
  Result<std::int64_t> count(const Scope& scope) const;
  Result<std::optional<SshKey>> find(const Scope& scope, std::int64_t id) const;
  // Status::conflict where the owner has one of that name. The private part follows in the same transaction.
  Result<std::int64_t> insert(const SshKey& key) const;
  Result<void> set_private_key(std::int64_t id, std::string_view sealed) const;
  // Sealed; empty where there is no such key. Whoever asks.
  Result<std::string> private_key(std::int64_t id) const;
  // Its name and updated_us; Status::conflict likewise.
  Result<void> rename(const SshKey& key) const;
  // As the first thing in a transaction: nobody else changes, removes or holds it until it ends.
  Result<void> hold(std::int64_t id) const;
  // Status::conflict where a server uses it.
  Result<void> remove(std::int64_t id) const;

 private:
  Sql sql_;
};

}  // namespace nexus::servers
