// The section `terminal` of the configuration.
#pragma once

#include <nexus/cpp/result.h>

#include <cstdint>
#include <string_view>

namespace nexus::terminal {

// Durations in seconds.
struct Settings {
  bool is_recording = true;
  std::int64_t keep_recordings = 7'776'000;
  std::int64_t idle = 1'800;  // without input; 0: for ever
  std::int64_t grace = 60;    // without a client that types; 0: it ends at once
};

// `section_json` has passed config.schema.json.
Result<Settings> parse_settings(std::string_view section_json);

}  // namespace nexus::terminal
