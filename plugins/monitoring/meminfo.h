// Memory, from /proc/meminfo.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nexus::monitoring {

// In bytes. Used is what is not available to programs: caches that can be dropped count as free.
struct Memory {
  std::int64_t total = 0;
  std::int64_t used = 0;
  std::int64_t free = 0;
};

// nullopt without MemTotal. Kernels before 3.14 do not say what is available; free, buffers and caches stand in for it.
std::optional<Memory> parse_meminfo(std::string_view text);

}  // namespace nexus::monitoring
