#include "core/loader/plugin_life.h"

#include "core/runtime/plugin_host.h"
#include "core/runtime/runtime.h"

#include <nexus/storage/migrations.h>

namespace nexus::core {
namespace {

Error failed(Status status, const std::string& reason) { return Error(status, reason); }

// `create` is plugin code like any other: nothing may escape it.
Result<const nx_plugin*> call_create(const nx_entry& entry, const nx_host* host) {
  const nx_plugin* plugin = nullptr;
  try {
    if (const auto status = entry.create(host, &plugin); status != NX_OK) {
      return failed(Status{status}, "its create function failed (" + std::string(to_string(Status{status})) + ')');
    }
  } catch (const std::exception& error) {
    return failed(Status::exception, std::string("its create function threw: ") + error.what());
  } catch (...) {
    return failed(Status::exception, "its create function threw");
  }
  if (plugin == nullptr) return failed(Status::invalid, "its create function gave no plugin");
  return plugin;
}

void call_destroy(const nx_plugin& plugin) noexcept {
  try {
    plugin.destroy(plugin.self);
  } catch (...) {  // it is on its way out; what it could not free is lost
  }
}

bool is_complete(const nx_plugin& plugin) {
  return plugin.struct_size >= sizeof(nx_plugin) && plugin.register_all != nullptr && plugin.start != nullptr &&
         plugin.stop != nullptr && plugin.destroy != nullptr;
}

}  // namespace

PluginLife::PluginLife(std::string file) : file_(std::move(file)) {}

PluginLife::~PluginLife() { undo(); }

Result<void> PluginLife::create(Runtime& runtime, const PluginEntry& probed) {
  NEXUS_ASSIGN(auto module, PluginModule::open(file_));
  module_.emplace(std::move(module));
  NEXUS_ASSIGN(const auto entry, read_entry(module_->entry()));
  if (entry.id != probed.id || entry.version != probed.version) {
    return failed(Status::invalid, "the file changed while it was loaded");
  }
  id_ = entry.id;
  host_ = runtime.add_plugin(entry.id, entry.version);
  NEXUS_ASSIGN(const auto* plugin, call_create(module_->entry(), host_->abi()));
  if (!is_complete(*plugin)) {
    return failed(Status::invalid, "its table lacks register_all, start, stop or destroy, or has no struct_size");
  }
  plugin_ = plugin;
  return {};
}

Result<void> PluginLife::register_all() {
  known_to_host_ = true;
  return host_->register_plugin(*plugin_);
}

const Declarations& PluginLife::declarations() const { return host_->declarations(); }

void PluginLife::set_config(std::string section_json) { host_->set_config(std::move(section_json)); }

Result<void> PluginLife::migrate(storage::Migrator& migrator) {
  return migrator.migrate(id_, host_->declarations().migrations);
}

Result<void> PluginLife::start() { return host_->start(); }

Result<void> PluginLife::change_config(std::string section_json) {
  return host_->change_config(std::move(section_json));
}

CommandOutcome PluginLife::run_command(const CommandLine& line) { return host_->run_command(line); }

void PluginLife::quiesce() noexcept { host_->quiesce(); }

bool PluginLife::drain(std::chrono::steady_clock::time_point deadline) { return host_->drain(deadline); }

bool PluginLife::stop(std::chrono::steady_clock::time_point deadline) { return host_->stop(deadline); }

bool PluginLife::stuck() const noexcept { return host_ && host_->stuck(); }

void PluginLife::undo() noexcept {
  if (stuck()) {
    // Its thread still uses the host and the code: both stay until the process ends.
    if (module_) module_->leave_open();
    static_cast<void>(host_.release());
    return;
  }
  if (host_) {
    if (plugin_ != nullptr && known_to_host_) host_->destroy();
    if (plugin_ != nullptr && !known_to_host_) call_destroy(*plugin_);
    host_->withdraw();
  }
  plugin_ = nullptr;
  host_.reset();
  module_.reset();
}

}  // namespace nexus::core
