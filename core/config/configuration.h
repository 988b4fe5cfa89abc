// Where the configuration comes from: defaults, a file, the environment, the command line; the later wins.
#pragma once

#include "core/config/settings.h"

#include <nexus/cpp/result.h>

#include <optional>
#include <string>
#include <vector>

namespace nexus::core {

// What the command line says.
struct ConfigSources {
  std::string file;                     // empty: no file
  std::optional<std::string> listen;    // --listen
  std::optional<std::string> data_dir;  // --data-dir
  std::vector<std::string> overrides;   // --set "key=value", the value being YAML; keys dotted
};

// Reads and merges. Every key of the host may also stand in the environment: http.listen is NEXUS_HTTP_LISTEN. Paths in
// the file are relative to the file's folder, others to the working folder; the result holds absolute ones. Fails with
// one line "file:line:column: what" for each mistake. May be called again to read changes.
Result<Settings> load_configuration(const ConfigSources& sources);

// Sets the dotted `key` in `root`, making the mappings on its way; fails where one of them is something else.
Result<void> override_key(Node& root, std::string_view key, Node value, const Position& at);

}  // namespace nexus::core
