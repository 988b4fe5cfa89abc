#include "settings.h"

#include <nexus/cpp/json.h>

namespace nexus::auth {
namespace {

constexpr std::int64_t kSecondsPerDay = 86'400;

}  // namespace

Result<Settings> parse_settings(std::string_view section_json) {
  NEXUS_ASSIGN(const Json section, parse_json(section_json));
  Settings settings;
  settings.registration_open = section.value("registration", "open") == "open";
  settings.rotation_required = section.value("refresh_rotation", "optional") == "required";
  settings.access_token = section.value("access_token_seconds", settings.access_token);
  settings.refresh_token = section.value("refresh_token_seconds", settings.refresh_token);
  settings.session_absolute = section.value("session_absolute_seconds", settings.session_absolute);
  settings.step_up = section.value("step_up_seconds", settings.step_up);
  settings.signing_key = section.value("signing_key_days", settings.signing_key / kSecondsPerDay) * kSecondsPerDay;
  return settings;
}

}  // namespace nexus::auth
