#include "grant_store.h"

namespace nexus::servers {

Result<std::vector<Grant>> GrantStore::of_group(std::int64_t group_id) const {
  // The service lets no more than 200 in.
  return sql_.all(
      [](const Row& row) {
        return Grant{row.integer(0), level_of(row.integer(1)), row.integer(2)};
      },
      "SELECT user_id, level, created_us FROM servers_grants WHERE group_id = ? ORDER BY user_id LIMIT 1000", group_id);
}

Result<void> GrantStore::put(std::int64_t group_id, const Grant& grant, std::int64_t granted_by) const {
  NEXUS_TRY(remove(group_id, grant.user_id));
  NEXUS_TRY(
      sql_.exec("INSERT INTO servers_grants (group_id, user_id, level, granted_by, created_us) VALUES (?, ?, ?, ?, ?)",
                group_id, grant.user_id, static_cast<std::int64_t>(grant.level), granted_by, grant.created_us));
  return {};
}

Result<void> GrantStore::remove(std::int64_t group_id, std::int64_t user_id) const {
  NEXUS_TRY(sql_.exec("DELETE FROM servers_grants WHERE group_id = ? AND user_id = ?", group_id, user_id));
  return {};
}

Result<std::int64_t> GrantStore::remove_user(std::int64_t user_id) const {
  NEXUS_ASSIGN(const auto done, sql_.exec("DELETE FROM servers_grants WHERE user_id = ?", user_id));
  return done.affected;
}

}  // namespace nexus::servers
