// The section `auth` of the configuration.
#pragma once

#include <nexus/cpp/result.h>

#include <cstdint>
#include <string_view>

namespace nexus::auth {

// Durations in seconds.
struct Settings {
  bool registration_open = true;
  bool rotation_required = false;
  std::int64_t access_token = 3600;
  std::int64_t refresh_token = 2'592'000;     // a session that is not refreshed for so long is over
  std::int64_t session_absolute = 7'776'000;  // and so is one that has lived so long
  std::int64_t step_up = 600;                 // an authentication is recent for so long
  std::int64_t signing_key = 7'776'000;       // a key signs for so long; 0: until somebody rotates it
};

// `section_json` has passed config.schema.json.
Result<Settings> parse_settings(std::string_view section_json);

}  // namespace nexus::auth
