#include "core/loader/dependency_order.h"

#include "core/loader/semantic_version.h"

#include <algorithm>
#include <functional>
#include <set>

namespace nexus::core {
namespace {

class Solver {
 public:
  Solver(const std::vector<Candidate>& candidates, const std::map<std::string, std::string>& absent) : absent_(absent) {
    for (const auto& candidate : candidates) open_.emplace(candidate.id, &candidate);
  }

  StartOrder solve() {
    refuse_unsatisfied();
    while (!open_.empty()) {
      if (take_ready(true) || take_ready(false)) continue;
      refuse_cycle();
      refuse_unsatisfied();
    }
    return std::move(out_);
  }

 private:
  void refuse(const std::string& id, std::string reason) {
    out_.refused.emplace(id, std::move(reason));
    open_.erase(id);
  }

  const std::string* version_of(const std::string& id) const {
    if (const auto found = open_.find(id); found != open_.end()) return &found->second->version;
    const auto found = versions_.find(id);
    return found == versions_.end() ? nullptr : &found->second;
  }

  // Why `dependency` is not met; empty where it is.
  std::string unmet(const Dependency& dependency) const {
    const auto* version = version_of(dependency.id);
    if (version == nullptr) {
      if (dependency.optional) return {};
      if (out_.refused.contains(dependency.id)) return "needs " + dependency.id + ", which cannot be started";
      const auto found = absent_.find(dependency.id);
      return "needs " + dependency.id + ", which " + (found == absent_.end() ? "is not installed" : found->second);
    }
    if (dependency.min_version.empty()) return {};
    const auto offered = SemanticVersion::parse(*version);
    const auto needed = SemanticVersion::parse(dependency.min_version);
    if (offered && needed && offered->compare(*needed) >= 0) return {};
    return "needs " + dependency.id + ' ' + dependency.min_version + " or newer, installed is " + *version +
           ": update " + dependency.id;
  }

  void refuse_unsatisfied() {
    for (bool changed = true; changed;) {
      changed = false;
      for (const auto& [id, candidate] : std::map(open_)) {
        for (const auto& dependency : candidate->dependencies) {
          auto reason = unmet(dependency);
          if (reason.empty()) continue;
          refuse(id, std::move(reason));
          changed = true;
          break;
        }
      }
    }
  }

  bool waits(const Candidate& candidate, bool with_preferences) const {
    const auto is_open = [&](const std::string& id) { return open_.contains(id); };
    if (with_preferences && std::ranges::any_of(candidate.prefers, is_open)) return true;
    return std::ranges::any_of(candidate.dependencies, is_open, &Dependency::id);
  }

  bool take_ready(bool with_preferences) {
    for (const auto& [id, candidate] : open_) {
      if (waits(*candidate, with_preferences)) continue;
      out_.order.push_back(id);
      versions_.emplace(id, candidate->version);
      open_.erase(id);
      return true;
    }
    return false;
  }

  // Everything open waits for something open, so walking along leads into a circle.
  void refuse_cycle() {
    std::vector<std::string> path;
    auto at = open_.begin()->first;
    while (std::ranges::find(path, at) == path.end()) {
      path.push_back(at);
      const auto& needs = open_.at(at)->dependencies;
      at = std::ranges::find_if(needs, [&](const auto& need) { return open_.contains(need.id); })->id;
    }
    path.erase(path.begin(), std::ranges::find(path, at));
    std::string circle;
    for (const auto& id : path) circle += id + " -> ";
    circle += at;
    for (const auto& id : path)
      refuse(id, "depends on itself in a circle (" + circle + "): one of them must not need the other");
  }

  const std::map<std::string, std::string>& absent_;
  std::map<std::string, const Candidate*> open_;
  std::map<std::string, std::string> versions_;  // of what is ordered
  StartOrder out_;
};

}  // namespace

StartOrder order_plugins(const std::vector<Candidate>& candidates, const std::map<std::string, std::string>& absent) {
  return Solver(candidates, absent).solve();
}

}  // namespace nexus::core
