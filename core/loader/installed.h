// Every plugin that lies in the folders, tried in a child, with the reason where it is none.
#pragma once

#include "core/loader/plugin_entry.h"
#include "core/loader/plugin_files.h"

#include <string>
#include <vector>

namespace nexus::core {

struct Installed {
  std::string file;
  PluginEntry entry;   // of a refused file only `id`: its name
  std::string reason;  // not empty: refused
};

struct Installation {
  std::vector<Installed> plugins;
  std::vector<std::string> warnings;
};

// Probes several files at the same time. Of two files with the same id the first in the order of `folders` counts.
Installation find_installed(const std::vector<std::string>& folders, const std::string& program);

}  // namespace nexus::core
