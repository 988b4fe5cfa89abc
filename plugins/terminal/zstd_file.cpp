#include "zstd_file.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>
#include <zstd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace nexus::terminal {
namespace {

// Text of a terminal at some 300 MB/s; higher levels save a tenth and cost the double.
constexpr int kLevel = 1;

Error failure(const char* what) { return Error(Status::unavailable, std::string(what) + ": " + std::strerror(errno)); }

}  // namespace

Compressor::Compressor() : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
  if (!context_) throw std::bad_alloc();
}

std::string Compressor::compress(std::string_view data) {
  std::string out(ZSTD_compressBound(data.size()), '\0');
  const auto size = ZSTD_compressCCtx(context_.get(), out.data(), out.size(), data.data(), data.size(), kLevel);
  if (ZSTD_isError(size) != 0) throw std::runtime_error(ZSTD_getErrorName(size));
  out.resize(size);
  return out;
}

Result<std::string> decompress(std::string_view content, std::size_t most) {
  std::string out;
  while (!content.empty()) {
    const auto frame = ZSTD_findFrameCompressedSize(content.data(), content.size());
    const auto size = ZSTD_getFrameContentSize(content.data(), content.size());
    if (ZSTD_isError(frame) != 0 || size == ZSTD_CONTENTSIZE_ERROR || size > most - out.size()) {
      return Error(Status::invalid, "no zstd, or too much of it");
    }
    const auto before = out.size();
    out.resize(before + size);
    if (ZSTD_decompress(out.data() + before, size, content.data(), frame) != size) {
      return Error(Status::invalid, "broken zstd");
    }
    content.remove_prefix(frame);
  }
  return out;
}

Result<ZstdFile> ZstdFile::create(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return failure("a recording cannot be created");
  return ZstdFile(file);
}

ZstdFile::ZstdFile(ZstdFile&& other) noexcept
    : file_(std::exchange(other.file_, -1)), size_(other.size_), content_(other.content_) {}

ZstdFile::~ZstdFile() {
  if (file_ >= 0) ::close(file_);
}

Result<void> ZstdFile::append(std::string_view data, Compressor& compressor) {
  const auto frame = compressor.compress(data);
  for (std::string_view rest = frame; !rest.empty();) {
    const auto written = ::write(file_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure("a recording cannot be written");
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  size_ += static_cast<std::int64_t>(frame.size());
  content_ += static_cast<std::int64_t>(data.size());
  return {};
}

Result<std::int64_t> ZstdFile::mend(const std::string& path) {
  NEXUS_ASSIGN(const auto content, read_file(path));
  std::size_t whole = 0;
  while (whole < content.size()) {
    const auto frame = ZSTD_findFrameCompressedSize(content.data() + whole, content.size() - whole);
    if (ZSTD_isError(frame) != 0) break;
    whole += frame;
  }
  if (whole != content.size() && ::truncate(path.c_str(), static_cast<off_t>(whole)) != 0) {
    return failure("a recording cannot be mended");
  }
  return static_cast<std::int64_t>(whole);
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error(Status::not_found, "a recording cannot be read");
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace nexus::terminal
