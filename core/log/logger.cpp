#include "core/log/logger.h"

#include "core/log/log_line.h"

#include <nexus/cpp/str.h>
#include <nexus/log.h>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>

namespace nexus::core {
namespace {

Result<int> open_log(const std::string& file) {
  const int descriptor = file.empty() ? fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)
                                      : ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return Error(Status::unavailable, "the log file " + (file.empty() ? "(standard error)" : file) +
                                          " cannot be opened: " + std::generic_category().message(errno));
  }
  struct stat status {};
  // One that was there before may have been readable by others.
  if (!file.empty() && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 0077) != 0) {
    fchmod(descriptor, 0600);
  }
  return descriptor;
}

std::int64_t now_us() {
  using namespace std::chrono;
  return duration_cast<microseconds>(system_clock::now().time_since_epoch()).count();
}

class FileLogger final : public Logger {
 public:
  FileLogger(std::int32_t level, std::string file, int descriptor)
      : file_(std::move(file)), descriptor_(descriptor), level_(level) {}
  FileLogger(const FileLogger&) = delete;
  FileLogger& operator=(const FileLogger&) = delete;
  ~FileLogger() override { ::close(descriptor_); }

  void write(std::int32_t level, std::string_view component, std::string_view message, std::span<const nx_kv> fields,
             std::string_view request_id) noexcept override {
    if (level < __atomic_load_n(&level_, __ATOMIC_RELAXED)) return;
    try {
      report_lost();
      if (!put(format_log_line({now_us(), level, component, message, fields, request_id}))) ++lost_;
    } catch (...) {
      ++lost_;
    }
  }

  const volatile std::int32_t* threshold() const noexcept override { return &level_; }
  void set_level(std::int32_t level) noexcept override { __atomic_store_n(&level_, level, __ATOMIC_RELAXED); }

  Result<void> reopen() override {
    if (file_.empty()) return {};
    NEXUS_ASSIGN(const int fresh, open_log(file_));
    // The number stays the same, so that a line being written meanwhile goes to one file or the other.
    const bool replaced = dup3(fresh, descriptor_, O_CLOEXEC) >= 0;
    const int reason = errno;
    ::close(fresh);
    if (!replaced) return Error(Status::internal, "log file: " + std::generic_category().message(reason));
    return {};
  }

 private:
  // One write, so that lines of several threads do not mix.
  bool put(const std::string& line) const noexcept {
    ssize_t written = 0;
    do {
      written = ::write(descriptor_, line.data(), line.size());
    } while (written < 0 && errno == EINTR);
    return written == static_cast<ssize_t>(line.size());
  }

  void report_lost() {
    const auto lost = lost_.exchange(0);
    if (lost == 0) return;
    const nx_kv field{to_abi("lines"), to_value(lost)};
    if (!put(format_log_line({now_us(), NX_LOG_ERROR, "host", "log lines were lost", {&field, 1}, {}}))) lost_ += lost;
  }

  const std::string file_;
  const int descriptor_;
  // Plugins read it through the ABI as a volatile word; a torn read is impossible, a late one harmless.
  volatile std::int32_t level_;
  std::atomic<std::int64_t> lost_{0};
};

}  // namespace

Result<std::unique_ptr<Logger>> Logger::open(std::int32_t level, const std::string& file) {
  NEXUS_ASSIGN(const int descriptor, open_log(file));
  return std::unique_ptr<Logger>(std::make_unique<FileLogger>(level, file, descriptor));
}

}  // namespace nexus::core
