#include "proc_stat.h"

#include "text_scan.h"

#include <array>

namespace nexus::monitoring {
namespace {

// user, nice, system, idle, iowait, irq, softirq, steal; what follows (guest) is in user and nice already.
constexpr std::size_t kColumns = 8;
constexpr std::size_t kFewestColumns = 4;
constexpr std::size_t kIdle = 3;
constexpr std::size_t kIoWait = 4;

std::optional<CpuTimes> parse_times(std::string_view line) {
  std::array<std::int64_t, kColumns> columns{};
  std::size_t count = 0;
  for (; count < kColumns; ++count) {
    const auto word = next_word(line);
    if (word.empty()) break;
    const auto number = whole_number(word);
    if (!number) return std::nullopt;
    columns[count] = *number;
  }
  if (count < kFewestColumns) return std::nullopt;
  CpuTimes times;
  for (std::size_t i = 0; i < count; ++i) {
    times.total = saturated_sum(times.total, columns[i]);
    if (i != kIdle && i != kIoWait) times.busy = saturated_sum(times.busy, columns[i]);
  }
  return times;
}

}  // namespace

std::optional<ProcStat> parse_proc_stat(std::string_view text) {
  ProcStat stat;
  bool found = false;
  while (auto line = next_line(text)) {
    const auto name = next_word(*line);
    if (!name.starts_with("cpu")) continue;
    const auto times = parse_times(*line);
    if (!times) continue;
    if (name == "cpu") {
      stat.all = *times;
      found = true;
    } else if (const auto core = whole_number(name.substr(3)); core && stat.cores.size() < kMaxCores) {
      stat.cores.push_back({*core, *times});
    }
  }
  return found ? std::optional(std::move(stat)) : std::nullopt;
}

double cpu_usage(const CpuTimes& before, const CpuTimes& after) noexcept {
  if (after.total <= before.total || after.busy <= before.busy) return 0;
  return percent(after.busy - before.busy, after.total - before.total);
}

}  // namespace nexus::monitoring
