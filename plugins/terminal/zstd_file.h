// A zstd file (RFC 8878) of one frame for each part, so that it can be read up to its last part at any time.
#pragma once

#include <nexus/cpp/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;

namespace nexus::terminal {

// The memory of compression, shared by many files one after the other. For one thread at a time.
class Compressor {
 public:
  Compressor();
  // One whole frame.
  std::string compress(std::string_view data);

 private:
  std::unique_ptr<ZSTD_CCtx_s, std::size_t (*)(ZSTD_CCtx_s*)> context_;
};

// All frames of `content`; Status::invalid where they are broken, or more than `most` bytes.
Result<std::string> decompress(std::string_view content, std::size_t most);

// For one thread at a time.
class ZstdFile {
 public:
  // A new file, mode 0600, that was not there before.
  static Result<ZstdFile> create(const std::string& path);
  // Drops the last frame where it was written by half. Answers the size of the file.
  static Result<std::int64_t> mend(const std::string& path);

  ZstdFile(ZstdFile&& other) noexcept;
  ZstdFile& operator=(ZstdFile&&) = delete;
  ~ZstdFile();

  Result<void> append(std::string_view data, Compressor& compressor);
  std::int64_t size() const noexcept { return size_; }        // bytes of the file
  std::int64_t content() const noexcept { return content_; }  // bytes that were appended

 private:
  explicit ZstdFile(int file) noexcept : file_(file) {}

  int file_ = -1;
  std::int64_t size_ = 0;
  std::int64_t content_ = 0;
};

// The whole of a small file.
Result<std::string> read_file(const std::string& path);

}  // namespace nexus::terminal
