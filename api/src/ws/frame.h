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
enum class Packing : std::uint8_t { none, deflate };
// Writes the header of a whole message; answers how much of `header` it takes.
std::size_t write_header(MessageKind kind, Packing packing, std::size_t size, FrameHeader& header) noexcept;

// Codes from 5000 on belong to nobody, but Beast takes them and sends them back. What is told and answered instead.
constexpr std::uint16_t known_close_code(std::uint16_t code) noexcept { return code > 4999 ? 1002 : code; }
// The same for a frame of Beast's, whichever it is.
void correct_close_frame(std::string& frame);

}  // namespace ws
}  // namespace nexus::api
