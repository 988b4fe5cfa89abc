// Processor times of /proc/stat.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace nexus::monitoring {

// Since the machine started, in ticks.
struct CpuTimes {
  std::int64_t busy = 0;
  std::int64_t total = 0;
};

struct CoreTimes {
  std::int64_t core = 0;
  CpuTimes times;
};

struct ProcStat {
  CpuTimes all;
  std::vector<CoreTimes> cores;  // those that are online, as the kernel lists them; at most kMaxCores
};

inline constexpr std::size_t kMaxCores = 4096;

// nullopt where the line of all processors is missing.
std::optional<ProcStat> parse_proc_stat(std::string_view text);

// Use between two moments, in percent to one decimal. Counters that went back (a restart, a virtual machine that moved)
// give 0.
double cpu_usage(const CpuTimes& before, const CpuTimes& after) noexcept;

}  // namespace nexus::monitoring
