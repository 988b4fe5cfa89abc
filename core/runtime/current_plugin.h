// Whose code this thread runs, so that a crash can be named after its plugin.
#pragma once

namespace nexus::core {

// A plugin id, or null in the host's own code. Readable in a signal handler.
inline thread_local constinit const char* current_plugin = nullptr;

// Marks the thread for as long as it lives.
class PluginMark {
 public:
  explicit PluginMark(const char* id) noexcept : before_(current_plugin) { current_plugin = id; }
  ~PluginMark() { current_plugin = before_; }
  PluginMark(const PluginMark&) = delete;
  PluginMark& operator=(const PluginMark&) = delete;

 private:
  const char* before_;
};

}  // namespace nexus::core
