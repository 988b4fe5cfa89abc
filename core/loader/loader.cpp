#include "core/loader/loader.h"

#include "core/config/plugin_section.h"
#include "core/config/suggestion.h"
#include "core/loader/dependency_order.h"
#include "core/loader/installed.h"
#include "core/loader/plugin_life.h"
#include "core/runtime/plugin_host.h"
#include "core/runtime/runtime.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>
#include <nexus/storage/migrations.h>

#include <algorithm>
#include <array>

namespace nexus::core {
namespace {

// Callbacks that are in flight when a plugin stops have this long; requests were drained before.
constexpr std::chrono::seconds kDrainDeadline{2};

nx_kv field(std::string_view key, std::string_view value) { return {to_abi(key), to_value(value)}; }

}  // namespace

std::string_view to_string(PluginState state) noexcept {
  switch (state) {
    case PluginState::discovered: return "discovered";
    case PluginState::disabled: return "disabled";
    case PluginState::probed: return "probed";
    case PluginState::created: return "created";
    case PluginState::registered: return "registered";
    case PluginState::migrated: return "migrated";
    case PluginState::running: return "running";
    case PluginState::quiescing: return "quiescing";
    case PluginState::drained: return "drained";
    case PluginState::stopped: return "stopped";
    case PluginState::destroyed: return "destroyed";
    case PluginState::failed: return "failed";
  }
  return "failed";
}

struct Loader::Plugin {
  PluginStatus status;  // guarded by the loader's mutex
  PluginEntry entry;
  std::unique_ptr<PluginLife> life;
  std::string section_json;

  bool is_at(PluginState state) const noexcept { return status.state == state; }
};

Loader::Loader(LoaderOptions options, Runtime& runtime, storage::Database& database, Logger& logger)
    : options_(std::move(options)), runtime_(runtime), database_(database), logger_(logger) {}

Loader::~Loader() { stop(std::chrono::steady_clock::now() + kStopDeadline); }

Loader::Plugin* Loader::find(std::string_view id) const noexcept {
  Plugin* best = nullptr;
  for (const auto& plugin : plugins_) {
    // A file that could not be read may bear the name of a plugin that could.
    if (plugin->status.id == id && (best == nullptr || plugin->life)) best = plugin.get();
  }
  return best;
}

void Loader::enter(Plugin& plugin, PluginState state) {
  {
    const std::scoped_lock lock(mutex_);
    plugin.status.state = state;
  }
  const std::array fields{field("plugin", plugin.status.id), field("state", to_string(state))};
  logger_.write(state == PluginState::running ? NX_LOG_INFO : NX_LOG_DEBUG, "host", "plugin state", fields);
}

// Undoes all that the plugin registered and remembers why.
void Loader::fail(Plugin& plugin, const std::string& reason) {
  stuck_ = stuck_ || (plugin.life && plugin.life->stuck());
  plugin.life.reset();
  std::erase(order_, &plugin);
  const auto step = to_string(plugin.status.state);
  {
    const std::scoped_lock lock(mutex_);
    plugin.status.state = PluginState::failed;
    plugin.status.reason = reason;
    plugin.status.routes.clear();
    plugin.status.commands.clear();
  }
  const std::array fields{field("plugin", plugin.status.id), field("after", step), field("reason", reason)};
  logger_.write(NX_LOG_ERROR, "host", "plugin failed", fields);
}

void Loader::prepare() {
  take_installed();
  create_enabled();
  apply_order(false);
  register_created();
  apply_order(true);
  refuse_unprovided();
}

void Loader::take_installed() {
  auto installation = find_installed(options_.folders, options_.program);
  for (const auto& warning : installation.warnings) {
    const std::array fields{field("what", warning)};
    logger_.write(NX_LOG_WARNING, "host", "plugin folder", fields);
  }
  const auto add = [&](std::string file, PluginEntry entry) -> Plugin& {
    auto plugin = std::make_unique<Plugin>();
    plugin->status.id = entry.id;
    plugin->status.version = entry.version;
    plugin->status.file = std::move(file);
    plugin->status.dependencies = entry.dependencies;
    plugin->entry = std::move(entry);
    const std::scoped_lock lock(mutex_);
    return *plugins_.emplace_back(std::move(plugin));
  };
  for (auto& found : installation.plugins) {
    auto& plugin = add(std::move(found.file), std::move(found.entry));
    if (found.reason.empty()) {
      enter(plugin, PluginState::probed);
    } else {
      fail(plugin, found.reason);
    }
  }
  for (const auto& id : options_.enabled.value_or(std::vector<std::string>{})) {
    if (find(id) != nullptr) continue;
    std::vector<std::string> known;
    for (const auto& plugin : plugins_) known.push_back(plugin->status.id);
    fail(add({}, {id, {}, {}, {}}), "is enabled, but not installed in any plugin folder" + suggestion(id, known));
  }
}

void Loader::create_enabled() {
  for (const auto& plugin : plugins_) {
    if (!plugin->is_at(PluginState::probed)) continue;
    if (options_.enabled && std::ranges::find(*options_.enabled, plugin->status.id) == options_.enabled->end()) {
      const std::scoped_lock lock(mutex_);
      plugin->status.state = PluginState::disabled;
      plugin->status.reason = "is installed, but not enabled (plugins.enabled)";
      continue;
    }
    plugin->life = std::make_unique<PluginLife>(plugin->status.file);
    if (const auto made = plugin->life->create(runtime_, plugin->entry); made) {
      enter(*plugin, PluginState::created);
    } else {
      fail(*plugin, made.error().what());
    }
  }
}

std::vector<Candidate> Loader::candidates(bool with_bindings) const {
  std::map<std::string, std::string> providers;
  if (with_bindings) {
    for (const auto& plugin : plugins_) {
      if (!plugin->life) continue;
      for (const auto& service : plugin->life->declarations().provides)
        providers.emplace(service.id, plugin->status.id);
    }
  }
  std::vector<Candidate> out;
  for (const auto& plugin : plugins_) {
    if (!plugin->life) continue;
    Candidate candidate{plugin->status.id, plugin->status.version, plugin->status.dependencies, {}};
    if (with_bindings) {
      for (const auto& binding : plugin->life->declarations().binds) {
        const auto provider = providers.find(binding.id);
        if (provider != providers.end() && provider->second != candidate.id)
          candidate.prefers.push_back(provider->second);
      }
    }
    out.push_back(std::move(candidate));
  }
  return out;
}

// Orders what lives and fails what cannot start.
void Loader::apply_order(bool with_bindings) {
  std::map<std::string, std::string> absent;
  for (const auto& plugin : plugins_) {
    if (plugin->is_at(PluginState::disabled)) absent.emplace(plugin->status.id, "is installed, but not enabled");
    if (plugin->is_at(PluginState::failed)) absent.emplace(plugin->status.id, "failed (" + plugin->status.reason + ')');
  }
  const auto solved = order_plugins(candidates(with_bindings), absent);
  order_.clear();
  for (const auto& id : solved.order) order_.push_back(find(id));
  for (const auto& [id, reason] : solved.refused) fail(*find(id), reason);
}

void Loader::register_created() {
  for (auto* plugin : std::vector(order_)) {
    if (const auto done = plugin->life->register_all(); !done) {
      fail(*plugin, std::string("registration: ") + done.error().what());
      continue;
    }
    enter(*plugin, PluginState::registered);
    const auto& declared = plugin->life->declarations();
    const std::scoped_lock lock(mutex_);
    for (const auto& route : declared.routes) {
      plugin->status.routes.push_back(
          {route.method, route.pattern, route.permission, route.is_public, route.needs_step_up, route.needs_session});
    }
    plugin->status.permissions = declared.permissions;
    plugin->status.topics = declared.topics;
    plugin->status.commands = declared.commands;
  }
}

// The first service that `plugin` cannot do without and nobody offers; empty where there is none.
std::string Loader::unprovided(const Plugin& plugin) const {
  for (const auto& binding : plugin.life->declarations().binds) {
    if (binding.optional) continue;
    const Declarations::Service* offered = nullptr;
    for (const auto* other : order_) {
      const auto& provides = other->life->declarations().provides;
      const auto found = std::ranges::find(provides, binding.id, &Declarations::Service::id);
      if (found != provides.end()) offered = &*found;
    }
    if (offered == nullptr) return "needs the service " + binding.id + ", which no plugin that can start provides";
    if (offered->minor < binding.minor) {
      return "needs revision " + std::to_string(binding.minor) + " of the service " + binding.id +
             ", its provider offers " + std::to_string(offered->minor) + ": update the provider";
    }
  }
  return {};
}

void Loader::refuse_unprovided() {
  for (bool changed = true; changed;) {
    changed = false;
    for (auto* plugin : std::vector(order_)) {
      const auto reason = unprovided(*plugin);
      if (reason.empty()) continue;
      fail(*plugin, reason);
      changed = true;
    }
    if (changed) apply_order(true);
  }
}

void Loader::check_owner(const Node::Member& section, Problems& problems) const {
  if (find(section.key) != nullptr) return;
  std::vector<std::string> known;
  for (const auto& plugin : plugins_) known.push_back(plugin->status.id);
  for (const auto* group : {"http", "log", "plugins", "rate_limits", "storage", "data_dir"}) known.emplace_back(group);
  problems.add(section.at, "unknown key \"" + section.key +
                               "\": neither a setting of the panel nor an installed plugin" +
                               suggestion(section.key, known));
}

std::map<std::string, std::string> Loader::check_sections(const std::vector<Node::Member>& sections,
                                                          Problems& problems) const {
  for (const auto& section : sections) check_owner(section, problems);
  std::map<std::string, std::string> out;
  for (const auto* plugin : order_) {
    const auto found = std::ranges::find(sections, plugin->status.id, &Node::Member::key);
    const auto* section = found == sections.end() ? nullptr : &*found;
    const auto& schema = plugin->life->declarations().config_schema;
    out.emplace(plugin->status.id, check_section(plugin->status.id, section, schema, problems));
  }
  return out;
}

void Loader::configure(const std::vector<Node::Member>& sections, Problems& problems) {
  auto checked = check_sections(sections, problems);
  if (!problems.empty()) return;
  for (auto* plugin : order_) {
    plugin->section_json = checked[plugin->status.id];
    plugin->life->set_config(plugin->section_json);
  }
}

void Loader::reconfigure(const std::vector<Node::Member>& sections, Problems& problems) {
  auto checked = check_sections(sections, problems);
  if (!problems.empty()) return;
  for (auto* plugin : order_) {
    auto& section = checked[plugin->status.id];
    if (!plugin->is_at(PluginState::running) || section == plugin->section_json) continue;
    const auto taken = plugin->life->change_config(section);
    const auto reason = taken ? std::string() : std::string(taken.error().what());
    const bool later = !taken && taken.error().status() == Status::restart_needed;
    if (taken || later) plugin->section_json = std::move(section);
    const std::array fields{field("plugin", plugin->status.id), field("reason", reason)};
    logger_.write(taken ? NX_LOG_INFO : NX_LOG_WARNING, "host",
                  taken   ? "plugin took its changed configuration"
                  : later ? "changed configuration takes effect at the next start"
                          : "plugin refused its changed configuration",
                  fields);
  }
}

// The reason where something that `plugin` cannot do without is not running.
std::string Loader::failed_dependency(const Plugin& plugin) const {
  for (const auto& dependency : plugin.status.dependencies) {
    const auto* other = find(dependency.id);
    if (!dependency.optional && other != nullptr && !other->is_at(PluginState::running)) {
      return "needs " + dependency.id + ", which failed (" + other->status.reason + ')';
    }
  }
  return unprovided(plugin);
}

void Loader::start() {
  auto migrator = storage::Migrator::open(database_);
  for (auto* plugin : std::vector(order_)) {
    if (const auto reason = failed_dependency(*plugin); !reason.empty()) {
      fail(*plugin, reason);
      continue;
    }
    const auto migrated = migrator ? plugin->life->migrate(*migrator) : Result<void>(migrator.error());
    if (!migrated) {
      fail(*plugin, std::string("migration: ") + migrated.error().what());
      continue;
    }
    enter(*plugin, PluginState::migrated);
    if (const auto started = plugin->life->start(); !started) {
      fail(*plugin, std::string("start: ") + started.error().what());
      continue;
    }
    enter(*plugin, PluginState::running);
  }
}

std::vector<std::string> Loader::needed_for(const std::string& id) const {
  const auto all = candidates(true);
  std::vector<std::string> out{id};
  const auto add = [&](const std::string& other) {
    if (std::ranges::find(out, other) == out.end()) out.push_back(other);
  };
  for (std::size_t next = 0; next < out.size(); ++next) {
    const auto found = std::ranges::find(all, out[next], &Candidate::id);
    if (found == all.end()) continue;  // an optional dependency that is not there
    for (const auto& dependency : found->dependencies) add(dependency.id);
    for (const auto& provider : found->prefers) add(provider);
  }
  std::erase_if(out, [&](const auto& other) { return std::ranges::find(all, other, &Candidate::id) == all.end(); });
  return out;
}

CommandOutcome Loader::run_command(const std::string& id, const CommandLine& line) {
  const auto* plugin = find(id);
  if (plugin != nullptr && plugin->is_at(PluginState::running)) return plugin->life->run_command(line);
  const auto reason = plugin == nullptr ? "it is not installed" : plugin->status.reason;
  return {Status::unavailable, "the plugin " + id + " does not run" + (reason.empty() ? "" : ": " + reason), {}};
}

bool Loader::stop_one(Plugin& plugin, std::chrono::steady_clock::time_point deadline) {
  const auto now = std::chrono::steady_clock::now();
  if (!plugin.life->drain(std::min(deadline, now + kDrainDeadline))) {
    fail(plugin, "a callback did not return in time, so it was not stopped");
    return false;
  }
  enter(plugin, PluginState::drained);
  if (!plugin.life->stop(std::min(deadline, std::chrono::steady_clock::now() + kStopDeadline))) {
    fail(plugin, "its stop did not return in time");
    return false;
  }
  enter(plugin, PluginState::stopped);
  return true;
}

bool Loader::stop(std::chrono::steady_clock::time_point deadline) {
  const auto going = std::vector(order_);
  for (auto* plugin : going) {
    if (!plugin->is_at(PluginState::running)) continue;
    plugin->life->quiesce();
    enter(*plugin, PluginState::quiescing);
  }
  for (auto plugin = going.rbegin(); plugin != going.rend(); ++plugin) {
    if ((*plugin)->is_at(PluginState::quiescing) && !stop_one(**plugin, deadline)) continue;
    (*plugin)->life.reset();
    enter(**plugin, PluginState::destroyed);
  }
  order_.clear();
  return !stuck_;
}

std::vector<PluginStatus> Loader::status() const {
  const std::scoped_lock lock(mutex_);
  std::vector<PluginStatus> out;
  for (const auto& plugin : plugins_) out.push_back(plugin->status);
  for (auto& plugin : out) {
    for (const auto& other : out) {
      if (std::ranges::find(other.dependencies, plugin.id, &Dependency::id) != other.dependencies.end()) {
        plugin.dependents.push_back(other.id);
      }
    }
  }
  std::ranges::sort(out, {}, &PluginStatus::id);
  return out;
}

}  // namespace nexus::core
