// servers_groups: SQL and nothing else.
#pragma once

#include "model.h"

#include <nexus/cpp/db.h>

namespace nexus::servers {

// On behalf of one call, or of its transaction; every function blocks. What the scope does not show is not
// found, not listed and not counted.
class GroupStore {
 public:
  explicit GroupStore(const Sql& sql) noexcept : sql_(sql) {}

  Result<std::vector<Group>> list(const Scope& scope, std::int64_t limit, std::int64_t offset) const;
  Result<std::int64_t> count(const Scope& scope) const;
  Result<std::optional<Group>> find(const Scope& scope, std::int64_t id) const;
  // All of one owner's, up to 10,000: id, name and parent alone.
  Result<std::vector<Group>> of_owner(std::int64_t user_id) const;
  // Whoever asks.
  Result<std::optional<std::int64_t>> parent_of(std::int64_t id) const;
  // Status::conflict where the owner has one of that name.
  Result<std::int64_t> insert(const Group& group) const;
  // All but its place.
  Result<void> update(const Group& group) const;
  // With all that stands in it; see GroupTree::move.
  Result<void> move(std::int64_t id, std::optional<std::int64_t> parent) const;
  // What stands in it moves up to where it stood, which makes another state of each.
  Result<void> remove(std::int64_t id) const;
  // In a transaction: nobody else changes the group, or holds it, until it ends.
  Result<void> hold(std::int64_t id) const;
  // All of one owner's: of two that move groups at once, one waits and then sees what the other did.
  Result<void> hold_owned(std::int64_t user_id) const;

  const Sql& sql() const noexcept { return sql_; }

 private:
  Sql sql_;
};

}  // namespace nexus::servers
