#include "core/audit/head_file.h"

#include <sys/file.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

namespace nexus::core::audit {
namespace {

constexpr std::size_t kDigits = 19;
constexpr std::size_t kHexBytes = 2 * kHashBytes;
constexpr std::size_t kLineBytes = kDigits + 1 + kHexBytes + 1;

Error failed(const std::string& path) {
  return Error(Status::unavailable, path + ": " + std::generic_category().message(errno));
}

std::string line_of(const Mark& mark) {
  std::array<char, kHexBytes + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), mark.hash.data(), mark.hash.size());
  const auto number = std::to_string(mark.sequence);
  return std::string(kDigits - number.size(), '0') + number + ' ' + hex.data() + '\n';
}

std::optional<Mark> mark_of(std::string_view line) {
  Mark mark;
  const auto* end = line.data() + kDigits;
  if (line.size() != kLineBytes || line.back() != '\n' || line[kDigits] != ' ') return std::nullopt;
  const auto [stop, error] = std::from_chars(line.data(), end, mark.sequence);
  std::size_t length = 0;
  const int wrong = sodium_hex2bin(mark.hash.data(), mark.hash.size(), end + 1, kHexBytes, nullptr, &length, nullptr);
  const bool whole = stop == end && error == std::errc{} && wrong == 0 && length == kHashBytes;
  return whole ? std::optional(mark) : std::nullopt;
}

std::string content_of(int file) {
  std::string text(kLineBytes + 1, '\0');  // one byte more, to see what is too long
  const auto length = pread(file, text.data(), text.size(), 0);
  text.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return text;
}

class FileLock {
 public:
  explicit FileLock(int file) : file_(file) { flock(file_, LOCK_EX); }
  ~FileLock() { flock(file_, LOCK_UN); }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  int file_;
};

}  // namespace

Result<std::optional<Mark>> HeadFile::read(const std::string& data_dir) {
  const auto path = data_dir + "/audit-head";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0 && errno == ENOENT) return std::optional<Mark>();
  if (file < 0) return failed(path);
  const auto text = content_of(file);
  ::close(file);
  if (text.empty()) return std::optional<Mark>();
  const auto mark = mark_of(text);
  if (!mark) return Error(Status::denied, path + " holds no sequence and hash");
  return mark;
}

bool HeadFile::was_removed() const noexcept {
  struct stat status {};
  return file_ >= 0 ? fstat(file_, &status) == 0 && status.st_nlink == 0 : access(path_.c_str(), F_OK) != 0;
}

Result<void> HeadFile::open() {
  if (file_ >= 0 && !was_removed()) return {};
  close();
  file_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file_ < 0) return failed(path_);
  return {};
}

void HeadFile::close() noexcept {
  if (file_ >= 0) ::close(file_);
  file_ = -1;
}

Result<void> HeadFile::write(const Mark& mark) {
  NEXUS_TRY(open());
  const FileLock lock(file_);
  if (const auto known = mark_of(content_of(file_)); known && known->sequence >= mark.sequence) return {};
  const auto line = line_of(mark);
  if (pwrite(file_, line.data(), line.size(), 0) != static_cast<ssize_t>(line.size())) return failed(path_);
  return {};
}

}  // namespace nexus::core::audit
