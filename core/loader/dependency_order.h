// In which order plugins start, and which cannot. Pure.
#pragma once

#include "core/loader/plugin_entry.h"

#include <map>
#include <string>
#include <vector>

namespace nexus::core {

struct Candidate {
  std::string id;
  std::string version;
  std::vector<Dependency> dependencies;
  // Started before this one where that is possible: providers of services that it binds.
  std::vector<std::string> prefers;
};

struct StartOrder {
  std::vector<std::string> order;              // ids; a dependency stands before what needs it, else by name
  std::map<std::string, std::string> refused;  // id -> reason; with them, everything that needs them
};

// `absent` says why a plugin that is not among the candidates is not there ("is installed, but not enabled"); one that
// is in neither "is not installed".
StartOrder order_plugins(const std::vector<Candidate>& candidates, const std::map<std::string, std::string>& absent);

}  // namespace nexus::core
