// The panel's own folder: nobody else reads it, and one panel at a time uses it.
#pragma once

#include <nexus/cpp/result.h>

#include <string>
#include <utility>

namespace nexus::core {

// Holds the folder's lock for its life.
class DataFolder {
 public:
  // Makes the folder (0700) where it is missing. Status::denied: it belongs to somebody else or others may enter it;
  // Status::busy: another panel holds the lock; the reason names its process.
  static Result<DataFolder> open(const std::string& path);
  // The first half of it, for what works beside a running panel: makes the folder, and takes no lock.
  static Result<void> make(const std::string& path);
  DataFolder(DataFolder&& other) noexcept : lock_(std::exchange(other.lock_, -1)) {}
  DataFolder& operator=(DataFolder&&) = delete;
  ~DataFolder();

 private:
  explicit DataFolder(int lock) noexcept : lock_(lock) {}
  int lock_;
};

}  // namespace nexus::core
