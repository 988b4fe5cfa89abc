#include "core/runtime/permissions.h"

#include <algorithm>
#include <mutex>

namespace nexus::core {

bool is_permission_name(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; });
}

std::vector<PermissionSpec> host_permissions() {
  return {{kPluginsPermission, "host.permission.plugins", {}}, {kAuditPermission, "host.permission.audit", {}}};
}

std::vector<std::string> split_names(std::string_view rest) {
  std::vector<std::string> names;
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    auto name = rest.substr(0, comma);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) names.emplace_back(name);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return names;
}

void Permissions::add(const std::string& owner, const std::vector<PermissionSpec>& specs) {
  const std::unique_lock lock(mutex_);
  for (const auto& spec : specs) entries_.insert_or_assign(spec.name, Entry{owner, spec.title_key, spec.roles});
}

void Permissions::remove(const std::string& owner) {
  const std::unique_lock lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) { return entry.second.owner == owner; });
}

bool Permissions::known(std::string_view permission) const {
  const std::shared_lock lock(mutex_);
  return entries_.contains(permission);
}

bool Permissions::holds(std::string_view role, std::string_view permission) const noexcept {
  if (role == "admin") return true;
  const std::shared_lock lock(mutex_);
  const auto found = entries_.find(permission);
  return found != entries_.end() &&
         std::find(found->second.roles.begin(), found->second.roles.end(), role) != found->second.roles.end();
}

std::vector<PermissionSpec> Permissions::all() const {
  std::vector<PermissionSpec> specs;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [name, entry] : entries_) specs.push_back({name, entry.title_key, entry.roles});
  }
  std::sort(specs.begin(), specs.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return specs;
}

}  // namespace nexus::core
