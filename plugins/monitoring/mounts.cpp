#include "mounts.h"

#include "text_scan.h"

#include <algorithm>
#include <array>

namespace nexus::monitoring {
namespace {

// What the kernel makes up, and images that are always full.
constexpr std::array<std::string_view, 35> kUnreal{
    "autofs",     "bdev",        "binder",   "binfmt_misc", "bpf",      "cgroup",     "cgroup2",
    "configfs",   "cpuset",      "debugfs",  "devpts",      "devtmpfs", "efivarfs",   "fuse.gvfsd-fuse",
    "fuse.lxcfs", "fuse.portal", "fusectl",  "hugetlbfs",   "iso9660",  "mqueue",     "nsfs",
    "overlay",    "pipefs",      "proc",     "pstore",      "ramfs",    "rpc_pipefs", "securityfs",
    "selinuxfs",  "sockfs",      "squashfs", "sysfs",       "tmpfs",    "tracefs",    "rootfs"};

// Blanks and backslashes are written as three octal digits.
std::string unescape(std::string_view text) {
  std::string out;
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

bool holds_data(std::string_view type, std::string_view mount_point) {
  if (type == "overlay" || type == "rootfs") return mount_point == "/" && type == "overlay";
  return std::find(kUnreal.begin(), kUnreal.end(), type) == kUnreal.end();
}

}  // namespace

std::vector<Mount> parse_mounts(std::string_view text) {
  std::vector<Mount> mounts;
  while (auto line = next_line(text)) {
    const auto device = next_word(*line);
    const auto mount_point = unescape(next_word(*line));
    const auto type = next_word(*line);
    if (device.empty() || !mount_point.starts_with('/') || mount_point.find('\0') != std::string::npos ||
        type.empty()) {
      continue;
    }
    if (!holds_data(type, mount_point)) continue;
    Mount mount{unescape(device), mount_point};
    const auto same =
        std::find_if(mounts.begin(), mounts.end(), [&](const Mount& known) { return known.device == mount.device; });
    if (same == mounts.end()) {
      if (mounts.size() < kMaxMounts) mounts.push_back(std::move(mount));
    } else if (mount.mount_point.size() < same->mount_point.size()) {
      same->mount_point = std::move(mount.mount_point);
    }
  }
  return mounts;
}

}  // namespace nexus::monitoring
