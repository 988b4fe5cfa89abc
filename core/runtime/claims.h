// Names of which a panel has one: routes, services, topics, permissions, the identity provider.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace nexus::core {

// Thread-safe. A claim is made at registration, so that a conflict is known before anything is visible.
class Claims {
 public:
  // False where the name is taken already, by whomever. `kind` keeps names of different things apart.
  bool claim(std::string_view kind, std::string_view name, const std::string& owner) {
    const std::lock_guard lock(mutex_);
    return names_.emplace(std::string(kind) + ' ' + std::string(name), owner).second;
  }
  void release(const std::string& owner) {
    const std::lock_guard lock(mutex_);
    std::erase_if(names_, [&](const auto& entry) { return entry.second == owner; });
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> names_;
};

}  // namespace nexus::core
