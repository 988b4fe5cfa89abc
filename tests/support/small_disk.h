// A disk that a test fills and frees.
#pragma once

#include "support/panel_process.h"

#include <sys/types.h>

#include <string>

namespace nexus::test {

class SmallDisk {
 public:
  enum class Kind {
    file_system,  // a small tmpfs, which takes the right to mount
    file_limit,   // a folder, and a limit on the size of the writer's files: works for everybody
  };

  // Throws std::runtime_error where file_system may not be mounted; see may_mount. It is mounted for this thread and
  // the processes that it starts, and ends with them.
  explicit SmallDisk(Kind kind);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  static bool may_mount();

  const std::string& path() const noexcept { return folder_.path(); }
  // Until free(), no file of that process grows on it.
  void fill(pid_t writer);
  void free();

 private:
  void set_limit(unsigned long long bytes) const;
  void write_filler() const;

  TemporaryFolder folder_;
  const Kind kind_;
  pid_t writer_ = -1;
};

}  // namespace nexus::test
