// What is kept of a command's output.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace nexus::servers::ssh {

// Keeps the first `limit` bytes and the last kTail: background children of a command may write a little after its last
// marker.
class OutputBuffer {
 public:
  static constexpr std::size_t kTail = 4096;

  explicit OutputBuffer(std::size_t limit) noexcept : limit_(limit) {}

  void add(std::string_view bytes) {
    const auto room = limit_ - std::min(limit_, head_.size());
    head_ += bytes.substr(0, room);
    dropped_ = dropped_ || bytes.size() > room;
    tail_ += bytes.size() > kTail ? bytes.substr(bytes.size() - kTail) : bytes;
    if (tail_.size() > 2 * kTail) tail_.erase(0, tail_.size() - kTail);
  }
  std::string& head() noexcept { return head_; }
  const std::string& tail() const noexcept { return tail_; }
  bool dropped() const noexcept { return dropped_; }

 private:
  std::size_t limit_;
  std::string head_;
  std::string tail_;
  bool dropped_ = false;
};

}  // namespace nexus::servers::ssh
