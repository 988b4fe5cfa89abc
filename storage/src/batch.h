// The cells of one batch and the bytes that they point to.
#pragma once

#include <nexus/base.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace nexus::storage {

// A batch ends with the row that reaches one of these, so it holds at most one row beyond kBatchBytes.
inline constexpr std::size_t kBatchRows = 256;
inline constexpr std::size_t kBatchBytes = 256 * 1024;

// Kept and used again by its connection; what a large row needed is freed by the next clear().
class Batch {
 public:
  void clear() noexcept {
    cells_.clear();
    if (blocks_.size() > 1) blocks_.resize(1);
    used_ = 0;
    bytes_ = 0;
    rows_ = 0;
  }

  void add(const nx_value& cell) { cells_.push_back(cell); }
  void add_bytes(std::uint32_t type, std::string_view bytes) {
    char* copy = reserve(bytes.size());
    if (!bytes.empty()) std::memcpy(copy, bytes.data(), bytes.size());
    add({type, 0, {.s = {copy, bytes.size()}}});
  }
  // Room for `size` bytes, which stays where it is until clear(). Never null.
  char* reserve(std::size_t size) {
    if (blocks_.empty() || used_ + size > blocks_.back().size) grow(size);
    char* place = blocks_.back().data.get() + used_;
    used_ += size;
    bytes_ += size;
    return place;
  }
  void end_row() noexcept { ++rows_; }

  bool full() const noexcept { return rows_ >= kBatchRows || bytes_ >= kBatchBytes; }
  std::size_t rows() const noexcept { return rows_; }
  std::span<const nx_value> cells() const noexcept { return cells_; }

 private:
  static constexpr std::size_t kBlockBytes = 16 * 1024;
  struct Block {
    std::unique_ptr<char[]> data;
    std::size_t size = 0;
  };

  void grow(std::size_t size) {
    const std::size_t block_size = std::max(size, kBlockBytes);
    // The first block is kept by clear(), so it is never an oversized one.
    if (blocks_.empty() && block_size > kBlockBytes) {
      blocks_.push_back({std::make_unique_for_overwrite<char[]>(kBlockBytes), kBlockBytes});
    }
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(block_size), block_size});
    used_ = 0;
  }

  std::vector<nx_value> cells_;
  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // of the last block
  std::size_t bytes_ = 0;
  std::size_t rows_ = 0;
};

// A connection's spare batch: most uses of a connection have one result at a time and never allocate.
class BatchHolder {
 public:
  std::unique_ptr<Batch> take() { return spare_ ? std::move(spare_) : std::make_unique<Batch>(); }
  void put(std::unique_ptr<Batch> batch) noexcept {
    batch->clear();
    spare_ = std::move(batch);
  }

 private:
  std::unique_ptr<Batch> spare_;
};

}  // namespace nexus::storage
