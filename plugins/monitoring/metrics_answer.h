// The documented answer about a server's state now.
#pragma once

#include "meminfo.h"
#include "mounts.h"
#include "net_dev.h"
#include "proc_stat.h"

#include <nexus/cpp/contracts/ssh.h>

namespace nexus::monitoring {

struct Sample {
  std::int64_t time_us = 0;
  ProcStat before;
  ProcStat after;
  Memory memory;
  Traffic traffic;
  std::vector<Mount> mounts;
  std::vector<contracts::FileSystem> file_systems;  // of the mounts, in their order
};

Json metrics_json(const Sample& sample);

}  // namespace nexus::monitoring
