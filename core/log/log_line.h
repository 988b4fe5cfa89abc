// How one line of the log is written. Pure.
#pragma once

#include <nexus/base.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace nexus::core {

struct LogRecord {
  std::int64_t time_us = 0;  // since 1970, UTC
  std::int32_t level = 0;    // NX_LOG_*
  std::string_view component;
  std::string_view message;
  std::span<const nx_kv> fields;
  std::string_view request_id;
};

// Longest line; a longer one is cut and ends in "...". One write(2) of it stays whole between writers.
inline constexpr std::size_t kLongestLogLine = 16 * 1024;

// The record as one line with its newline. A value with a space, a quote or '=' stands in quotes; whatever could end
// the line, move the cursor or reorder the text of a terminal is escaped.
std::string format_log_line(const LogRecord& record);

// `text` with control characters, invalid UTF-8 and direction marks as \n, \x1b, \u202e.
std::string escape_control(std::string_view text);

std::string_view log_level_name(std::int32_t level) noexcept;

}  // namespace nexus::core
