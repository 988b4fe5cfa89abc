#include "grant_service.h"

#include "group_store.h"

#include <algorithm>
#include <set>

namespace nexus::servers {
namespace {

Result<void> check_rights(const Sql& sql, const Scope& scope, std::int64_t group_id) {
  NEXUS_ASSIGN(const auto group, existing(GroupStore(sql).find(scope, group_id)));
  if (scope.is_admin || group.owner_user_id == scope.user_id) return {};
  return Error::api(code::kForbidden, "servers.grants_of_owner");
}

const Grant* find_grant(const std::vector<Grant>& grants, std::int64_t user_id) {
  const auto found =
      std::find_if(grants.begin(), grants.end(), [user_id](const Grant& one) { return one.user_id == user_id; });
  return found == grants.end() ? nullptr : &*found;
}

}  // namespace

Result<std::vector<Grant>> GrantService::list(std::int64_t group_id) const {
  NEXUS_TRY(check_rights(sql_, scope_, group_id));
  return GrantStore(sql_).of_group(group_id);
}

Result<Changed<std::vector<Grant>>> GrantService::replace(std::int64_t group_id, const std::vector<Grant>& wanted,
                                                          std::int64_t now_us, const Precondition& seen) const {
  NEXUS_ASSIGN(auto transaction, sql_.begin());
  // First of all, so that of two lists that are put at once one stands in the end, and no mixture.
  NEXUS_TRY(GroupStore(transaction).hold(group_id));
  NEXUS_TRY(check_rights(transaction, scope_, group_id));
  const GrantStore store(transaction);
  NEXUS_ASSIGN(auto before, store.of_group(group_id));
  NEXUS_TRY(require(seen, state_of(before)));
  for (const auto& old : before) {
    if (find_grant(wanted, old.user_id) == nullptr) NEXUS_TRY(store.remove(group_id, old.user_id));
  }
  for (auto grant : wanted) {
    const auto* old = find_grant(before, grant.user_id);
    if (old != nullptr && old->level == grant.level) continue;
    grant.created_us = now_us;
    NEXUS_TRY(store.put(group_id, grant, scope_.user_id));
  }
  NEXUS_ASSIGN(auto now, store.of_group(group_id));
  NEXUS_TRY(transaction.commit());
  return Changed<std::vector<Grant>>{std::move(now), std::move(before)};
}

Result<std::vector<Grant>> grants_from(const std::vector<WantedGrant>& wanted) {
  if (wanted.size() > GrantService::kMaxGrants) {
    return Error::field("grants", "maxItems", "servers.too_many_grants",
                        {{"max", std::to_string(GrantService::kMaxGrants)}});
  }
  std::vector<Grant> grants;
  std::set<std::int64_t> users;
  for (std::size_t index = 0; index < wanted.size(); ++index) {
    const auto level = level_from(wanted[index].level);
    if (!level) return Error::field(grant_field(index, "level"), "enum", "servers.level_unknown");
    if (!users.insert(wanted[index].user_id).second) {
      return Error::field(grant_field(index, "user_id"), "unique", "servers.user_twice");
    }
    grants.push_back({wanted[index].user_id, *level, 0});
  }
  return grants;
}

// FNV-1a over whole numbers.
std::int64_t state_of(const std::vector<Grant>& grants) noexcept {
  std::uint64_t state = 14'695'981'039'346'656'037U;
  const auto mix = [&state](std::int64_t number) {
    state = (state ^ static_cast<std::uint64_t>(number)) * 1'099'511'628'211U;
    state ^= state >> 32;  // a product's upper half is the better mixed one
  };
  for (const auto& grant : grants) {
    mix(grant.user_id);
    mix(static_cast<std::int64_t>(grant.level));
    mix(grant.created_us);
  }
  return static_cast<std::int64_t>(state >> 1);  // not negative: a tag has no sign
}

std::string grant_field(std::size_t index, const char* member) {
  return "grants[" + std::to_string(index) + "]." + member;
}

}  // namespace nexus::servers
