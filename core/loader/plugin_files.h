// Which files of the plugin folders may be opened at all.
#pragma once

#include <string>
#include <vector>

namespace nexus::core {

struct PluginFile {
  std::string path;  // absolute, without symbolic links
  std::string name;  // without folder and ".so"
};

struct RefusedFile {
  std::string path;
  std::string reason;
};

struct FoundFiles {
  std::vector<PluginFile> files;  // by folder, then name
  std::vector<RefusedFile> refused;
  std::vector<std::string> warnings;
};

// More files than any panel has; a folder named by mistake must not take for ever.
inline constexpr std::size_t kMostPluginFiles = 256;

// Every "*.so" directly in `folders`. Refused: what is no regular file, what stands outside its folder once symbolic
// links are followed, what everybody may write (the file or its folder). Writable by a group is a warning.
FoundFiles find_plugin_files(const std::vector<std::string>& folders);

}  // namespace nexus::core
