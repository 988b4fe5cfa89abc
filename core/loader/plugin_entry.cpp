#include "core/loader/plugin_entry.h"

#include "core/loader/semantic_version.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>

namespace nexus::core {
namespace {

using nlohmann::json;

// Longer texts in an entry are garbage, as is a longer list of dependencies.
constexpr std::size_t kLongestText = 256;
constexpr std::uint32_t kMostDependencies = 64;

std::optional<std::string> bounded(const char* text) {
  if (text == nullptr) return std::nullopt;
  const auto length = strnlen(text, kLongestText + 1);
  if (length > kLongestText) return std::nullopt;
  return std::string(text, length);
}

bool is_id(std::string_view text) {
  if (text.empty() || text.size() > 32 || text.front() < 'a' || text.front() > 'z') return false;
  return std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

Error refused(const std::string& reason) { return Error(Status::unsupported, reason); }

std::string minor_text(unsigned minor) { return std::to_string(NX_ABI_MAJOR) + '.' + std::to_string(minor); }

Result<void> check_abi(const nx_entry& entry) {
  if (entry.magic != NX_MAGIC) {
    return refused(
        "nexus_plugin_entry does not begin with the magic number of a plugin: its author must define it with "
        "the SDK (NEXUS_PLUGIN, or NX_MAGIC in C)");
  }
  if (entry.abi_major != NX_ABI_MAJOR) {
    const bool newer = entry.abi_major > NX_ABI_MAJOR;
    return refused("needs ABI major " + std::to_string(entry.abi_major) + ", this panel offers major " +
                   std::to_string(NX_ABI_MAJOR) +
                   (newer ? ": update the panel" : ": the plugin's author must build it with a newer SDK"));
  }
  if (entry.struct_size < offsetof(nx_entry, create) + sizeof entry.create) {
    return refused("its entry has " + std::to_string(entry.struct_size) + " bytes, at least " +
                   std::to_string(offsetof(nx_entry, create) + sizeof entry.create) +
                   " are needed: the plugin's author must set struct_size");
  }
  if (entry.abi_min_minor > NX_ABI_MINOR) {
    return refused("needs ABI " + minor_text(entry.abi_min_minor) + " or newer, this panel offers " +
                   minor_text(NX_ABI_MINOR) + ": update the panel");
  }
  if (entry.abi_built_minor < entry.abi_min_minor) {
    return refused("says that it was built with ABI " + minor_text(entry.abi_built_minor) + " and needs " +
                   minor_text(entry.abi_min_minor) + ", which cannot be: the plugin's author must mend its entry");
  }
  return {};
}

// Apart from the rest because with the oldest minor at 0 it can never refuse.
Result<void> check_age(unsigned built_minor, unsigned oldest_served) {
  if (built_minor >= oldest_served) return {};
  return refused("was built with ABI " + minor_text(built_minor) + ", this panel serves " + minor_text(oldest_served) +
                 " and newer: the plugin's author must build it with a newer SDK");
}

Result<std::vector<Dependency>> read_dependencies(const nx_entry& entry) {
  if (entry.dependency_count > kMostDependencies || (entry.dependency_count > 0 && entry.dependencies == nullptr)) {
    return refused("its entry lists " + std::to_string(entry.dependency_count) + " dependencies; at most " +
                   std::to_string(kMostDependencies) + " are possible");
  }
  std::vector<Dependency> out;
  for (std::uint32_t i = 0; i < entry.dependency_count; ++i) {
    const auto& dependency = entry.dependencies[i];
    const auto id = bounded(dependency.id);
    if (!id || !is_id(*id)) return refused("dependency " + std::to_string(i) + " of its entry has no valid id");
    std::string min_version;
    if (dependency.min_version != nullptr) {
      min_version = bounded(dependency.min_version).value_or("?");
      if (!SemanticVersion::parse(min_version)) {
        return refused("the version that it needs of " + *id + " is no semantic version: " + min_version);
      }
    }
    out.push_back({*id, min_version, (dependency.flags & NX_DEPENDENCY_OPTIONAL) != 0});
  }
  return out;
}

}  // namespace

Result<PluginEntry> read_entry(const nx_entry& entry) {
  NEXUS_TRY(check_abi(entry));
  NEXUS_TRY(check_age(entry.abi_built_minor, kOldestServedMinor));
  if (entry.create == nullptr) return refused("its entry has no create function");
  const auto id = bounded(entry.id);
  if (!id || !is_id(*id)) {
    return refused("its id \"" + id.value_or("") + "\" is not of the form [a-z][a-z0-9_]{0,31}");
  }
  if (*id == "host" || *id == "nexus") return refused("the id \"" + *id + "\" belongs to the panel itself");
  const auto version = bounded(entry.version);
  if (!version || !SemanticVersion::parse(*version)) {
    return refused("its version \"" + version.value_or("") + "\" is no semantic version such as 1.2.0");
  }
  NEXUS_ASSIGN(auto dependencies, read_dependencies(entry));
  return PluginEntry{*id, *version, bounded(entry.sdk_build).value_or(""), std::move(dependencies)};
}

std::string encode_probe(const Result<PluginEntry>& result) {
  json out;
  if (!result) {
    out["refused"] = result.error().what();
  } else {
    out["id"] = result.value().id;
    out["version"] = result.value().version;
    out["sdk_build"] = result.value().sdk_build;
    out["dependencies"] = json::array();
    for (const auto& dependency : result.value().dependencies) {
      out["dependencies"].push_back(
          {{"id", dependency.id}, {"min_version", dependency.min_version}, {"optional", dependency.optional}});
    }
  }
  return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<PluginEntry> decode_probe(std::string_view text) {
  try {
    const auto in = json::parse(text);
    if (in.contains("refused")) return refused(in.at("refused").get<std::string>());
    PluginEntry out{in.at("id"), in.at("version"), in.at("sdk_build"), {}};
    for (const auto& dependency : in.at("dependencies")) {
      out.dependencies.push_back({dependency.at("id"), dependency.at("min_version"), dependency.at("optional")});
    }
    return out;
  } catch (const json::exception&) {
    return refused("the probing process gave no readable answer");
  }
}

}  // namespace nexus::core
