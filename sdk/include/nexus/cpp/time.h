// Times as the API writes them: ISO 8601 in UTC, "2024-01-01T00:00:00Z".
#pragma once

#include <cstddef>
#include <cstdint>
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
  constexpr std::size_t kLongest = 64;  // far more digits of a second than anybody writes
  if (text.size() > kLongest || text.empty() || text.front() < '0' || text.front() > '9') return std::nullopt;
  const std::string copy(text);
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
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const std::string_view zone(rest + 1);
    if (zone.size() != 5 || !digit(zone[0]) || !digit(zone[1]) || zone[2] != ':' || !digit(zone[3]) || !digit(zone[4]))
      return std::nullopt;
    const int hours = (zone[0] - '0') * 10 + (zone[1] - '0');
    const int minutes = (zone[3] - '0') * 10 + (zone[4] - '0');
    offset = (*rest == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    rest += 1 + zone.size();
  } else {
    return std::nullopt;
  }
  if (rest != copy.c_str() + copy.size()) return std::nullopt;
  std::tm same = parts;
  const auto seconds = static_cast<std::int64_t>(timegm(&same));
  if (same.tm_mday != parts.tm_mday) return std::nullopt;  // the 31st of a month with 30 days
  return (seconds - offset) * kMicrosecondsPerSecond + microseconds;
}

}  // namespace nexus
