#include "core/app/data_folder.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace nexus::core {
namespace {

std::string reason_of(int error) { return std::generic_category().message(error); }

Error denied(const std::string& path, const std::string& why) {
  return Error(Status::denied, "the data folder " + path + " cannot be used: " + why);
}

Result<void> make_private(const std::string& path) {
  std::error_code error;
  const auto parent = std::filesystem::path(path).parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (error) return denied(path, error.message());
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return denied(path, reason_of(errno));
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return denied(path, reason_of(errno));
  if (!S_ISDIR(status.st_mode)) return denied(path, "it is not a folder");
  if (status.st_uid != geteuid()) return denied(path, "it belongs to another user");
  if ((status.st_mode & 0077) == 0) return {};
  // An empty one was made for us; one with files may serve others, and shutting them out is not ours to decide.
  if (!std::filesystem::is_empty(path, error) || error || chmod(path.c_str(), 0700) != 0) {
    return denied(path, "other users may enter it; take that away (chmod 700) or choose another one");
  }
  return {};
}

std::string holder_of(int lock) {
  std::array<char, 32> text{};
  const auto length = pread(lock, text.data(), text.size() - 1, 0);
  std::string number(text.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
  while (!number.empty() && number.back() == '\n') number.pop_back();
  return number.empty() ? "another process" : "process " + number;
}

}  // namespace

Result<void> DataFolder::make(const std::string& path) { return make_private(path); }

Result<DataFolder> DataFolder::open(const std::string& path) {
  NEXUS_TRY(make_private(path));
  const auto file = path + "/lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return denied(path, reason_of(errno));
  DataFolder folder(lock);
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    return Error(Status::busy, "the data folder " + path + " is in use by another panel (" + holder_of(lock) +
                                   "): stop it, or give this one a folder of its own with --data-dir");
  }
  const auto self = std::to_string(getpid()) + '\n';
  // Only told to people; the lock itself does not depend on it.
  if (ftruncate(lock, 0) != 0 || pwrite(lock, self.data(), self.size(), 0) < 0) return denied(path, reason_of(errno));
  return folder;
}

DataFolder::~DataFolder() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace nexus::core
