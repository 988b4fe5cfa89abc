// Times as the API writes them: ISO 8601 in UTC, "2024-01-01T00:00:00Z".
#pragma once

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace nexus {

inline constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

// Whole seconds; a fraction is cut off. `microseconds` since 1970-01-01T00:00:00Z, year 0 to 9999.
inline std::string iso8601(std::int64_t microseconds) {
  std::time_t seconds = microseconds / kMicrosecondsPerSecond;
  if (microseconds % kMicrosecondsPerSecond < 0) --seconds;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  const auto length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return std::string(text, length);
}

// Takes "Z" or a numeric offset, and an optional fraction. nullopt for anything else.
inline std::optional<std::int64_t> parse_iso8601(std::string_view text) {
  const std::string copy(text.substr(0, 64));
  std::tm parts{};
  const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  std::int64_t microseconds = 0;
  if (*rest == '.') {
    std::int64_t unit = kMicrosecondsPerSecond / 10;
    const char* digits = ++rest;
    for (; *rest >= '0' && *rest <= '9'; ++rest, unit /= 10) microseconds += (*rest - '0') * unit;
    if (rest == digits) return std::nullopt;
  }
  std::int64_t offset = 0;
  if (*rest == 'Z') {
    ++rest;
  } else if (*rest == '+' || *rest == '-') {
    int hours = 0, minutes = 0, used = 0;
    if (std::sscanf(rest + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5) return std::nullopt;
    offset = (*rest == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    rest += 1 + used;
  } else {
    return std::nullopt;
  }
  if (rest != copy.c_str() + copy.size()) return std::nullopt;
  return (static_cast<std::int64_t>(timegm(&parts)) - offset) * kMicrosecondsPerSecond + microseconds;
}

}  // namespace nexus
