#include "core/loader/plugin_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace nexus::core {
namespace {

namespace fs = std::filesystem;

enum class Writable { by_owner, by_group, by_all };

Writable writable(const struct stat& status) {
  if ((status.st_mode & S_IWOTH) != 0) return Writable::by_all;
  return (status.st_mode & S_IWGRP) != 0 ? Writable::by_group : Writable::by_owner;
}

class Search {
 public:
  FoundFiles take() { return std::move(found_); }

  void folder(const std::string& path) {
    std::error_code error;
    const auto real = fs::canonical(path, error);
    if (error) return refuse(path, "the plugin folder cannot be read: " + error.message());
    struct stat status {};
    if (stat(real.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return refuse(path, "it is not a folder");
    if (writable(status) == Writable::by_all) {
      return refuse(path, "everybody may write to the plugin folder; take that away (chmod o-w)");
    }
    std::vector<fs::path> names;
    for (fs::directory_iterator entry(real, error), end; !error && entry != end; entry.increment(error)) {
      if (entry->path().extension() == ".so") names.push_back(entry->path());
    }
    if (error) return refuse(path, "the plugin folder cannot be read: " + error.message());
    std::ranges::sort(names);
    for (const auto& name : names) file(name, real);
  }

 private:
  void refuse(const std::string& path, std::string reason) { found_.refused.push_back({path, std::move(reason)}); }

  void file(const fs::path& path, const fs::path& folder) {
    if (found_.files.size() >= kMostPluginFiles) {
      return refuse(path, "there are more than " + std::to_string(kMostPluginFiles) + " plugins");
    }
    std::error_code error;
    const auto real = fs::canonical(path, error);
    if (error) return refuse(path, "it cannot be read: " + error.message());
    if (real.parent_path() != folder) {
      return refuse(path, "it leads out of its folder, to " + real.string() + "; put the file itself there");
    }
    struct stat status {};
    if (stat(real.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return refuse(path, "it is not a regular file");
    if (writable(status) == Writable::by_all) {
      return refuse(path, "everybody may write to it; take that away (chmod o-w)");
    }
    if (writable(status) == Writable::by_group) found_.warnings.push_back(real.string() + " is writable by its group");
    found_.files.push_back({real.string(), path.stem().string()});
  }

  FoundFiles found_;
};

}  // namespace

FoundFiles find_plugin_files(const std::vector<std::string>& folders) {
  Search search;
  for (const auto& folder : folders) search.folder(folder);
  return search.take();
}

}  // namespace nexus::core
