// A plugin folder for one test, with copies of some fixtures (tests/fixtures).
#pragma once

#include "support/panel_process.h"

#include <filesystem>
#include <string>
#include <vector>

namespace nexus::test {

class PluginFolder {
 public:
  explicit PluginFolder(const std::vector<std::string>& names) {
    for (const auto& name : names) {
      const auto file = folder_.path() + '/' + name + ".so";
      std::filesystem::copy_file(std::string(NEXUS_FIXTURE_PLUGIN_DIR) + '/' + name + ".so", file);
      std::filesystem::permissions(file, std::filesystem::perms(0755));
    }
  }

  const TemporaryFolder& folder() const { return folder_; }
  std::string setting() const { return "plugins.path=[" + folder_.path() + "]"; }
  // One line of YAML.
  std::string config() const { return "plugins: {path: [" + folder_.path() + "]}\n"; }
  PanelOptions options(const std::string& more_config = {}, bool wait_ready = true) const {
    PanelOptions out;
    out.config = config() + more_config;
    out.wait_ready = wait_ready;
    return out;
  }

 private:
  TemporaryFolder folder_;
};

inline bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace nexus::test
