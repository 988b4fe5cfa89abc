// A plugin's file, mapped into this process.
#pragma once

#include <nexus/cpp/result.h>
#include <nexus/entry.h>

#include <string>
#include <utility>

namespace nexus::core {

// Closed on destruction; never under a sanitizer, whose reports need the names in it.
class PluginModule {
 public:
  // RTLD_NOW | RTLD_LOCAL. Refused with the dynamic linker's reason.
  static Result<PluginModule> open(const std::string& file);
  PluginModule(PluginModule&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)), entry_(other.entry_) {}
  PluginModule& operator=(PluginModule&&) = delete;
  ~PluginModule();

  const nx_entry& entry() const noexcept { return *entry_; }
  // Keeps it mapped for good: some of its code may still run.
  void leave_open() noexcept { handle_ = nullptr; }

 private:
  PluginModule(void* handle, const nx_entry* entry) noexcept : handle_(handle), entry_(entry) {}
  void* handle_;
  const nx_entry* entry_;
};

}  // namespace nexus::core
