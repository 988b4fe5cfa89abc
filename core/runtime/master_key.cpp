#include "core/runtime/master_key.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace nexus::core {
namespace {

class File {
 public:
  File(const std::string& path, int flags) : number_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  ~File() {
    if (number_ >= 0) ::close(number_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int number() const noexcept { return number_; }

 private:
  const int number_;
};

Error failed(const std::string& path, const std::string& what) {
  return Error(Status::unavailable, "the master key " + path + " " + what);
}
Error failed(const std::string& path, const std::string& what, int error) {
  return failed(path, what + ": " + std::strerror(error));
}

Result<void> check(const std::string& path, int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return failed(path, "cannot be examined", errno);
  if (!S_ISREG(status.st_mode)) return failed(path, "is not a regular file");
  if (status.st_uid != ::geteuid()) return failed(path, "belongs to another user");
  if ((status.st_mode & 077) != 0) return failed(path, "can be read by others; make its mode 0600");
  if (status.st_size != static_cast<off_t>(MasterKey::kBytes)) return failed(path, "does not have 32 bytes");
  return {};
}

// Under another name first and linked to its own when it is on disk: a crash leaves no half a key, and two processes
// that start at the same time agree on one.
Result<void> create(const std::string& path) {
  std::array<unsigned char, MasterKey::kBytes> bytes{};
  randombytes_buf(bytes.data(), bytes.size());
  const auto folder = path.substr(0, path.rfind('/') + 1);
  const auto part = path + "." + std::to_string(::getpid());
  ::unlink(part.c_str());
  const File file(part, O_WRONLY | O_CREAT | O_EXCL);
  const bool written = file.number() >= 0 &&
                       ::write(file.number(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                       ::fsync(file.number()) == 0;
  sodium_memzero(bytes.data(), bytes.size());
  const int write_error = errno;
  const bool linked = written && (::link(part.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int link_error = errno;
  ::unlink(part.c_str());
  if (!written) return failed(path, "cannot be written", write_error);
  if (!linked) return failed(path, "cannot be made", link_error);
  const File parent(folder, O_RDONLY | O_DIRECTORY);
  if (parent.number() < 0 || ::fsync(parent.number()) != 0) return failed(path, "cannot be put on disk", errno);
  return {};
}

}  // namespace

MasterKey::MasterKey(MasterKey&& other) noexcept : bytes_(other.bytes_) {
  sodium_mlock(bytes_.data(), bytes_.size());
  sodium_memzero(other.bytes_.data(), other.bytes_.size());
}

MasterKey::~MasterKey() { sodium_munlock(bytes_.data(), bytes_.size()); }

Result<MasterKey> MasterKey::open(const std::string& path, bool may_create) {
  if (sodium_init() < 0) return Error(Status::internal, "libsodium cannot be used");
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    if (!may_create) return failed(path, "is missing, and the database was sealed with it");
    NEXUS_TRY(create(path));
  }
  const File file(path, O_RDONLY);
  if (file.number() < 0) return failed(path, "cannot be opened", errno);
  NEXUS_TRY(check(path, file.number()));
  MasterKey key;
  if (::read(file.number(), key.bytes_.data(), kBytes) != static_cast<ssize_t>(kBytes)) {
    return failed(path, "cannot be read");
  }
  return key;
}

}  // namespace nexus::core
