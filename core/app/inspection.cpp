#include "core/app/inspection.h"

#include "core/app/console.h"
#include "core/app/panel.h"
#include "core/runtime/runtime.h"

#include <nexus/log.h>
#include <nexus/storage/database.h>

#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace nexus::core {
namespace {

class TemporaryFolder {
 public:
  static Result<TemporaryFolder> make() {
    std::error_code error;
    auto pattern = (std::filesystem::temp_directory_path(error) / "nexuspanel-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      return Error(Status::unavailable, "no temporary folder can be made: " + std::generic_category().message(errno));
    }
    return TemporaryFolder(std::move(pattern));
  }
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const noexcept { return path_; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

std::string joined(const std::vector<Dependency>& dependencies) {
  std::string out;
  for (const auto& dependency : dependencies) {
    out += (out.empty() ? "" : ", ") + dependency.id;
    if (!dependency.min_version.empty()) out += " >= " + dependency.min_version;
    if (dependency.optional) out += " (optional)";
  }
  return out.empty() ? "-" : out;
}

// A plugin that is enabled by name and not there, with the place of that name.
void add_missing(const Settings& settings, const std::vector<PluginStatus>& plugins, Problems& problems) {
  for (const auto& enabled : settings.enabled.value_or(std::vector<Settings::Enabled>{})) {
    const auto found = std::ranges::find(plugins, enabled.id, &PluginStatus::id);
    if (found != plugins.end() && found->file.empty()) problems.add(enabled.at, enabled.id + ' ' + found->reason);
  }
}

}  // namespace

Result<void> look_at_plugins(const Settings& settings, const std::function<void(Loader&)>& look) {
  NEXUS_ASSIGN(const auto folder, TemporaryFolder::make());
  NEXUS_ASSIGN(const auto logger, Logger::open(NX_LOG_ERROR + 1, {}));
  storage::DatabaseOptions options;
  options.url = "sqlite://" + folder.path() + "/empty.db";
  options.readers = 1;
  NEXUS_ASSIGN(const auto database, storage::Database::open(options));
  RuntimeOptions runtime_options;
  runtime_options.version = kVersion;
  runtime_options.data_dir = folder.path();
  runtime_options.workers = 1;
  NEXUS_ASSIGN(const auto runtime, Runtime::create(runtime_options, *logger, *database));
  {
    Loader loader(loader_options(settings), *runtime, *database, *logger);
    loader.prepare();
    look(loader);
  }
  runtime->shutdown();
  return {};
}

Result<Inspection> inspect_plugins(const Settings& settings) {
  Inspection out;
  NEXUS_TRY(look_at_plugins(settings, [&](Loader& loader) {
    Problems problems;
    loader.configure(settings.sections, problems);
    out.plugins = loader.status();
    add_missing(settings, out.plugins, problems);
    out.problems = problems.text();
  }));
  return out;
}

std::string plugin_table(const std::vector<PluginStatus>& plugins) {
  std::vector<std::vector<std::string>> rows{{"ID", "VERSION", "STATE", "ROUTES", "NEEDS"}};
  for (const auto& plugin : plugins) {
    rows.push_back({plugin.id, plugin.version.empty() ? "-" : plugin.version, std::string(to_string(plugin.state)),
                    std::to_string(plugin.routes.size()), joined(plugin.dependencies)});
  }
  const auto lines = text_table(rows);
  std::string out;
  for (std::size_t line = 0; line < lines.size(); ++line) {
    out += lines[line] + '\n';
    if (line > 0 && !plugins[line - 1].reason.empty()) out += "    " + plugins[line - 1].reason + '\n';
  }
  return out;
}

}  // namespace nexus::core
