// Frames of RFC 6455 as a server sends them: unmasked, whole.
#pragma once

#include <nexus/api/websocket.h>

#include <array>
#include <string>

namespace nexus::api {

class SharedFrame {
 public:
  explicit SharedFrame(std::string bytes) noexcept : bytes_(std::move(bytes)) {}
  std::string_view bytes() const noexcept { return bytes_; }

 private:
  std::string bytes_;
};

namespace ws {

using FrameHeader = std::array<char, 10>;
// Writes the header of a whole message; answers how much of `header` it takes.
std::size_t write_header(MessageKind kind, std::size_t size, FrameHeader& header) noexcept;

}  // namespace ws
}  // namespace nexus::api
