// The key file that seals the secrets of the database.
#pragma once

#include <nexus/cpp/result.h>

#include <array>
#include <cstddef>
#include <string>

namespace nexus::core {

// 32 bytes in locked memory, wiped at the end. Move-only.
class MasterKey {
 public:
  static constexpr std::size_t kBytes = 32;

  // Reads `path`, or makes it (mode 0600, complete or not at all, on disk before it is used) when `may_create`. Refused
  // where it is no regular file of ours, others may read it, or its size is wrong; then nothing is changed.
  static Result<MasterKey> open(const std::string& path, bool may_create);

  MasterKey(MasterKey&& other) noexcept;
  MasterKey& operator=(MasterKey&&) = delete;
  ~MasterKey();

  const unsigned char* data() const noexcept { return bytes_.data(); }

 private:
  MasterKey() = default;
  std::array<unsigned char, kBytes> bytes_{};
};

}  // namespace nexus::core
