// Which role holds which permission.
#pragma once

#include "core/runtime/catalogues.h"

#include <algorithm>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace nexus::core {

struct PermissionSpec {
  std::string name;  // begins with the plugin's id
  std::string title_key;
  std::vector<std::string> roles;  // that hold it by default; "admin" holds every permission
};

// Lower-case letters, digits, dots and underscores.
bool is_permission_name(std::string_view name) noexcept;

// The panel's own, which only administrators hold.
inline constexpr const char* kPluginsPermission = "host.plugins";
inline constexpr const char* kAuditPermission = "host.audit";
std::vector<PermissionSpec> host_permissions();

// Splits "operator, user". Pure.
std::vector<std::string> split_names(std::string_view names);

// Whether an API token with these scopes was given the permission. `text_of` makes a string_view of a scope.
template <class Scopes, class Text>
bool covers(const Scopes& scopes, std::string_view permission, Text text_of) noexcept {
  return std::any_of(scopes.begin(), scopes.end(), [&](const auto& scope) {
    const std::string_view name = text_of(scope);
    return name == "*" || name == permission;
  });
}

// Thread-safe; a check is one hash lookup.
class Permissions {
 public:
  void add(const std::string& owner, const std::vector<PermissionSpec>& specs);
  void remove(const std::string& owner);
  bool known(std::string_view permission) const;
  // "admin" holds what nobody declared as well, so that a plugin that is away locks nobody out of its traces.
  bool holds(std::string_view role, std::string_view permission) const noexcept;
  std::vector<PermissionSpec> all() const;  // sorted by name

 private:
  struct Entry {
    std::string owner;
    std::string title_key;
    std::vector<std::string> roles;
  };
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry, TextHash, std::equal_to<>> entries_;
};

}  // namespace nexus::core
