// Which role holds which permission.
#pragma once

#include "core/runtime/catalogues.h"

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

// Splits "operator, user". Pure.
std::vector<std::string> split_roles(std::string_view roles);

// Thread-safe; a check is one hash lookup.
class Permissions {
 public:
  void add(const std::string& owner, const std::vector<PermissionSpec>& specs);
  void remove(const std::string& owner);
  bool known(std::string_view permission) const;
  // "admin" holds what nobody declared as well, so that a plugin that is away locks nobody out of its traces.
  bool holds(std::string_view role, std::string_view permission) const noexcept;

 private:
  struct Entry {
    std::string owner;
    std::vector<std::string> roles;
  };
  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, Entry, TextHash, std::equal_to<>> entries_;
};

}  // namespace nexus::core
