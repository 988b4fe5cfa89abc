#include "metrics_answer.h"

#include "text_scan.h"

#include <algorithm>

namespace nexus::monitoring {
namespace {

Json cpu_json(const ProcStat& before, const ProcStat& after) {
  Json cores = Json::array();
  for (const auto& core : after.cores) {
    const auto earlier = std::find_if(before.cores.begin(), before.cores.end(),
                                      [&](const CoreTimes& other) { return other.core == core.core; });
    // One that came online just now has no past.
    const double usage = earlier == before.cores.end() ? 0 : cpu_usage(earlier->times, core.times);
    cores.push_back({{"core", core.core}, {"usage_percent", usage}});
  }
  return {{"usage_percent", cpu_usage(before.all, after.all)}, {"cores", std::move(cores)}};
}

Json memory_json(const Memory& memory) {
  return {{"total", memory.total},
          {"used", memory.used},
          {"free", memory.free},
          {"usage_percent", percent(memory.used, memory.total)}};
}

Json disks_json(const Sample& sample) {
  Json disks = Json::array();
  for (std::size_t i = 0; i < sample.mounts.size() && i < sample.file_systems.size(); ++i) {
    const auto& system = sample.file_systems[i];
    if (!system.found || system.total <= 0) continue;
    const auto free = std::clamp<std::int64_t>(system.free, 0, system.total);
    const auto used = system.total - free;
    disks.push_back({{"device", sample.mounts[i].device},
                     {"mount_point", sample.mounts[i].mount_point},
                     {"total", system.total},
                     {"used", used},
                     {"free", free},
                     {"usage_percent", percent(used, system.total)}});
  }
  return disks;
}

}  // namespace

Json metrics_json(const Sample& sample) {
  return {{"timestamp", json_time(sample.time_us)},
          {"cpu", cpu_json(sample.before, sample.after)},
          {"memory", memory_json(sample.memory)},
          {"disk", disks_json(sample)},
          {"network",
           {{"bytes_sent", sample.traffic.bytes_sent},
            {"bytes_recv", sample.traffic.bytes_recv},
            {"packets_sent", sample.traffic.packets_sent},
            {"packets_recv", sample.traffic.packets_recv}}}};
}

}  // namespace nexus::monitoring
