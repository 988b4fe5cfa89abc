#include "core/app/process_setup.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <signal.h>

#include <filesystem>
#include <system_error>

namespace nexus::core {
namespace {

void forbid_core() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
}

}  // namespace

void restrict_process() {
  umask(0077);
  forbid_core();
  prctl(PR_SET_DUMPABLE, 0);
  rlimit descriptors{};
  if (getrlimit(RLIMIT_NOFILE, &descriptors) == 0) {
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
  }
  // Both are errors of one write, which whoever writes deals with: a client is gone, a file has reached its limit.
  for (const int number : {SIGPIPE, SIGXFSZ}) signal(number, SIG_IGN);
}

void restrict_probe() {
  forbid_core();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

std::string default_plugin_folder() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  return (program.parent_path().parent_path() / "lib/nexuspanel/plugins").string();
}

}  // namespace nexus::core
