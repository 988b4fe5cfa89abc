// Which file systems of /proc/mounts hold data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nexus::monitoring {

struct Mount {
  std::string device;
  std::string mount_point;
};

inline constexpr std::size_t kMaxMounts = 64;

// Those on disks and network storage, each device once, at the shortest of its mount points; a container's overlay root
// counts, the kernel's own file systems and read-only images do not. At most kMaxMounts.
std::vector<Mount> parse_mounts(std::string_view text);

}  // namespace nexus::monitoring
