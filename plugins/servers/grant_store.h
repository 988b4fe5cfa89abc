// servers_grants: SQL and nothing else.
#pragma once

#include "model.h"

#include <nexus/cpp/db.h>

namespace nexus::servers {

// On behalf of one call, or of its transaction; every function blocks. Knows no scope: who may look here is decided
// before.
class GrantStore {
 public:
  explicit GrantStore(const Sql& sql) noexcept : sql_(sql) {}

  // By user id.
  Result<std::vector<Grant>> of_group(std::int64_t group_id) const;
  Result<void> put(std::int64_t group_id, const Grant& grant, std::int64_t granted_by) const;
  Result<void> remove(std::int64_t group_id, std::int64_t user_id) const;
  // All that the user was granted; how many there were.
  Result<std::int64_t> remove_user(std::int64_t user_id) const;

 private:
  Sql sql_;
};

}  // namespace nexus::servers
