#include "support/small_disk.h"

#include <sys/mount.h>
#include <sys/resource.h>

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

namespace nexus::test {
namespace {

// Enough for the panel's empty database and a few hundred writes.
constexpr const char* kMountOptions = "size=8m,mode=0700";

// A mount namespace of this thread's own, once: what is mounted in it is invisible elsewhere and ends with it.
bool own_mounts() {
  static const bool done = unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  return done;
}

std::uintmax_t largest_file(const std::string& folder) {
  std::uintmax_t largest = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) largest = std::max(largest, entry.file_size());
  }
  return largest;
}

}  // namespace

bool SmallDisk::may_mount() { return geteuid() == 0 && own_mounts(); }

SmallDisk::SmallDisk(Kind kind) : kind_(kind) {
  if (kind_ == Kind::file_limit) return;
  if (!may_mount() || mount("none", path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, kMountOptions) != 0) {
    throw std::runtime_error("no small file system may be mounted here");
  }
}

SmallDisk::~SmallDisk() {
  if (kind_ == Kind::file_system) umount2(path().c_str(), MNT_DETACH);
}

void SmallDisk::fill(pid_t writer) {
  writer_ = writer;
  if (kind_ == Kind::file_limit) {
    set_limit(largest_file(path()));
  } else {
    write_filler();
  }
}

void SmallDisk::free() {
  if (kind_ == Kind::file_limit) {
    set_limit(RLIM_INFINITY);
  } else {
    std::filesystem::remove(path() + "/filler");
  }
}

// The soft one, which may be raised again.
void SmallDisk::set_limit(unsigned long long bytes) const {
  rlimit limit{};
  prlimit(writer_, RLIMIT_FSIZE, nullptr, &limit);
  limit.rlim_cur = std::min<rlim_t>(bytes, limit.rlim_max);
  if (prlimit(writer_, RLIMIT_FSIZE, &limit, nullptr) != 0) throw std::runtime_error("prlimit");
}

void SmallDisk::write_filler() const {
  FILE* file = std::fopen((path() + "/filler").c_str(), "w");
  if (file == nullptr) throw std::runtime_error("no filler can be made");
  std::setvbuf(file, nullptr, _IONBF, 0);
  const std::string block(1024, 'x');
  while (std::fwrite(block.data(), 1, block.size(), file) == block.size()) {
  }
  std::fclose(file);
}

}  // namespace nexus::test
