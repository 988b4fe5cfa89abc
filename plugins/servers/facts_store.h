// servers_facts: SQL and nothing else.
#pragma once

#include "facts.h"

#include <nexus/cpp/db.h>

#include <optional>

namespace nexus::servers {

// On behalf of one call; every function blocks.
class FactsStore {
 public:
  explicit FactsStore(const Sql& sql) noexcept : sql_(sql) {}

  // In the place of what was known. A server that is gone meanwhile has none.
  Result<void> put(std::int64_t server_id, const ServerFacts& facts) const;
  Result<std::optional<ServerFacts>> find(std::int64_t server_id) const;

 private:
  Sql sql_;
};

}  // namespace nexus::servers
