#include "meminfo.h"

#include "text_scan.h"

#include <algorithm>
#include <limits>

namespace nexus::monitoring {
namespace {

constexpr std::int64_t kKibibyte = 1024;

std::int64_t in_bytes(std::int64_t kibibytes) {
  return std::min(kibibytes, std::numeric_limits<std::int64_t>::max() / kKibibyte) * kKibibyte;
}

}  // namespace

std::optional<Memory> parse_meminfo(std::string_view text) {
  std::optional<std::int64_t> total, available;
  std::int64_t reclaimable = 0;
  while (auto line = next_line(text)) {
    const auto name = next_word(*line);
    const auto number = whole_number(next_word(*line));
    if (!number) continue;
    if (name == "MemTotal:") total = in_bytes(*number);
    if (name == "MemAvailable:") available = in_bytes(*number);
    if (name == "MemFree:" || name == "Buffers:" || name == "Cached:") {
      reclaimable = saturated_sum(reclaimable, in_bytes(*number));
    }
  }
  if (!total) return std::nullopt;
  const auto free = std::min(available.value_or(reclaimable), *total);
  return Memory{*total, *total - free, free};
}

}  // namespace nexus::monitoring
