#include "core/loader/installed.h"

#include "core/loader/prober.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <optional>
#include <thread>

namespace nexus::core {
namespace {

// Children are short and mostly wait for the disk; more would only slow each other down to the deadline.
constexpr std::size_t kProbesAtOnce = 4;

Installed probe(const PluginFile& file, const std::string& program) {
  auto result = probe_in_child(program, file.path);
  if (!result) return {file.path, {file.name, {}, {}, {}}, result.error().what()};
  return {file.path, std::move(result).value(), {}};
}

std::vector<Installed> probe_all(const std::vector<PluginFile>& files, const std::string& program) {
  std::vector<Installed> out(files.size());
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (auto i = next++; i < files.size(); i = next++) out[i] = probe(files[i], program);
  };
  std::vector<std::jthread> threads;
  const auto width =
      std::min({kProbesAtOnce, files.size(), std::size_t{std::max(1u, std::thread::hardware_concurrency())}});
  for (std::size_t i = 0; i < width; ++i) threads.emplace_back(work);
  threads.clear();
  return out;
}

void refuse_duplicates(std::vector<Installed>& plugins) {
  std::map<std::string, std::string> first;
  for (auto& plugin : plugins) {
    if (!plugin.reason.empty()) continue;
    const auto [known, fresh] = first.emplace(plugin.entry.id, plugin.file);
    if (!fresh)
      plugin.reason = "the plugin " + plugin.entry.id + " is there already, in " + known->second + ": remove one";
  }
}

}  // namespace

Installation find_installed(const std::vector<std::string>& folders, const std::string& program) {
  auto found = find_plugin_files(folders);
  Installation out{probe_all(found.files, program), std::move(found.warnings)};
  refuse_duplicates(out.plugins);
  for (auto& refused : found.refused) {
    out.plugins.push_back({refused.path, {refused.path, {}, {}, {}}, std::move(refused.reason)});
  }
  return out;
}

}  // namespace nexus::core
