#include "settings.h"

#include <nexus/cpp/json.h>

namespace nexus::terminal {
namespace {

constexpr std::int64_t kSecondsPerMinute = 60;
constexpr std::int64_t kSecondsPerDay = 86'400;

}  // namespace

Result<Settings> parse_settings(std::string_view section_json) {
  NEXUS_ASSIGN(const Json section, parse_json(section_json));
  Settings settings;
  settings.is_recording = section.value("recording", settings.is_recording);
  settings.keep_recordings =
      section.value("retention_days", settings.keep_recordings / kSecondsPerDay) * kSecondsPerDay;
  settings.idle = section.value("idle_minutes", settings.idle / kSecondsPerMinute) * kSecondsPerMinute;
  settings.grace = section.value("grace_seconds", settings.grace);
  return settings;
}

}  // namespace nexus::terminal
