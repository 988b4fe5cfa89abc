// What a plugin says of itself in its entry, checked and copied. Pure.
#pragma once

#include <nexus/cpp/result.h>
#include <nexus/entry.h>

#include <string>
#include <string_view>
#include <vector>

namespace nexus::core {

struct Dependency {
  std::string id;
  std::string min_version;  // empty: any
  bool optional = false;
};

struct PluginEntry {
  std::string id;
  std::string version;
  std::string sdk_build;
  std::vector<Dependency> dependencies;
};

// The oldest minor of the ABI that plugins may have been built with.
inline constexpr std::uint16_t kOldestServedMinor = 0;

// Refused with what is needed, what is offered, and who must act.
Result<PluginEntry> read_entry(const nx_entry& entry);

// How the probing child tells its result: one JSON object.
std::string encode_probe(const Result<PluginEntry>& result);
// Refused with the child's reason, or because the text is no such object.
Result<PluginEntry> decode_probe(std::string_view text);

}  // namespace nexus::core
