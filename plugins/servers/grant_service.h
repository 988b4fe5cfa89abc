// The rules about what others may do with the servers of a group.
#pragma once

#include "grant_store.h"
#include "lookup.h"
#include "precondition.h"

namespace nexus::servers {

// What a body says; `level` as it stands there.
struct WantedGrant {
  std::int64_t user_id = 0;
  std::string level;
};

// On behalf of one caller. Only the owner of a group and administrators look at its grants or change them: 40401 to who
// does not see the group, 40301 to everybody else, an operator too.
class GrantService {
 public:
  // Every one is a row and a question about its user.
  static constexpr std::size_t kMaxGrants = 200;

  GrantService(const Sql& sql, const Scope& scope) : sql_(sql), scope_(scope) {}

  // By user id.
  Result<std::vector<Grant>> list(std::int64_t group_id) const;
  // Replaces the whole list; what is the same stays as it was, with its time. Whether the users exist is asked before.
  // 40901 where the list is not in the state that was `seen`.
  Result<Changed<std::vector<Grant>>> replace(std::int64_t group_id, const std::vector<Grant>& wanted,
                                              std::int64_t now_us, const Precondition& seen) const;

 private:
  Sql sql_;
  Scope scope_;
};

// The grants that a body asks for, in its order; 42201 with the entry that is wrong. Pure.
Result<std::vector<Grant>> grants_from(const std::vector<WantedGrant>& wanted);
// What an ETag is made of: the list has no row of its own. Another for other users, levels and times. Pure.
std::int64_t state_of(const std::vector<Grant>& grants) noexcept;
// "grants[3].user_id"
std::string grant_field(std::size_t index, const char* member);

}  // namespace nexus::servers
