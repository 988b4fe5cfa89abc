#include "core/loader/plugin_module.h"

#include "core/loader/prober.h"

#include <dlfcn.h>

namespace nexus::core {

Result<PluginModule> PluginModule::open(const std::string& file) {
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* reason = dlerror();
    return Error(Status::unavailable,
                 std::string("it cannot be loaded: ") + (reason != nullptr ? reason : "no reason given"));
  }
  const auto* entry = static_cast<const nx_entry*>(dlsym(handle, "nexus_plugin_entry"));
  PluginModule module(handle, entry);
  if (entry == nullptr) return Error(Status::invalid, "it does not export nexus_plugin_entry");
  return module;
}

PluginModule::~PluginModule() {
  if (handle_ != nullptr && !kSanitized) dlclose(handle_);
}

}  // namespace nexus::core
