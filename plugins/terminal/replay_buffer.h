// The last output of a session, for whoever comes later.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace nexus::terminal {

// Keeps the last `limit` bytes. For one thread at a time.
class ReplayBuffer {
 public:
  explicit ReplayBuffer(std::size_t limit) noexcept : limit_(limit) {}

  void append(std::string_view bytes) {
    if (bytes.size() > limit_) bytes.remove_prefix(bytes.size() - limit_);
    bytes_.append(bytes);
    // Cut rarely, so that a byte is moved about once.
    if (bytes_.size() > 2 * limit_) bytes_.erase(0, bytes_.size() - limit_);
  }

  // From the beginning of a line where something was cut off, because half an escape sequence is worse than a line
  // less.
  std::string_view content() const noexcept {
    std::string_view kept(bytes_);
    if (kept.size() <= limit_) return kept;
    kept.remove_prefix(kept.size() - limit_);
    const auto line = kept.find('\n');
    return line == std::string_view::npos ? kept : kept.substr(line + 1);
  }

 private:
  const std::size_t limit_;
  std::string bytes_;
};

}  // namespace nexus::terminal
