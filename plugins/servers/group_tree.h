// servers_group_tree: SQL and nothing else.
#pragma once

#include <nexus/cpp/db.h>

namespace nexus::servers {

// Which group stands in which, on behalf of a transaction that holds the owner's groups; every function blocks.
class GroupTree {
 public:
  explicit GroupTree(const Sql& sql) noexcept : sql_(sql) {}

  // A new group, in `parent` or at the top.
  Result<void> add(std::int64_t id, std::optional<std::int64_t> parent) const;
  // With all that stands in it. `parent` does not stand in it itself.
  Result<void> move(std::int64_t id, std::optional<std::int64_t> parent) const;
  // Whether it is `ancestor` or stands in it, however deep.
  Result<bool> is_within(std::int64_t id, std::int64_t ancestor) const;
  // How many levels there are from the top down to it, and from it down to the lowest in it; a group alone has 1 and 1.
  Result<std::int64_t> depth(std::int64_t id) const;
  Result<std::int64_t> height(std::int64_t id) const;

 private:
  Result<void> hang(std::int64_t id, std::optional<std::int64_t> parent) const;

  Sql sql_;
};

}  // namespace nexus::servers
