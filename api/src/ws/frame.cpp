#include "ws/frame.h"

#include "text.h"

namespace nexus::api {

std::size_t ws::write_header(MessageKind kind, Packing packing, std::size_t size, FrameHeader& header) noexcept {
  constexpr unsigned kFinal = 0x80;
  const unsigned packed = packing == Packing::deflate ? 0x40 : 0;
  header[0] = static_cast<char>(kFinal | packed | static_cast<unsigned>(kind));
  if (size < 126) {
    header[1] = static_cast<char>(size);
    return 2;
  }
  const std::size_t bytes = size <= 0xFFFF ? 2 : 8;
  header[1] = static_cast<char>(bytes == 2 ? 126 : 127);
  for (std::size_t at = 0; at < bytes; ++at) {
    header[2 + at] = static_cast<char>(size >> (8 * (bytes - 1 - at)) & 0xFF);
  }
  return 2 + bytes;
}

void ws::correct_close_frame(std::string& frame) {
  if (!frame.starts_with('\x88') || frame.size() < 4) return;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned>(static_cast<unsigned char>(frame[at])); };
  const auto code = static_cast<std::uint16_t>(byte(2) << 8 | byte(3));
  if (known_close_code(code) != code) frame.assign("\x88\x02\x03\xEA", 4);  // 1002, without a reason
}

std::shared_ptr<const SharedFrame> make_frame(MessageKind kind, std::string_view data) {
  ws::FrameHeader header;
  const auto size = ws::write_header(kind, ws::Packing::none, data.size(), header);
  std::string bytes;
  bytes.reserve(size + data.size());
  bytes.append(header.data(), size).append(data);
  return std::make_shared<const SharedFrame>(std::move(bytes));
}

bool is_text(std::string_view data) noexcept { return is_utf8(data); }

}  // namespace nexus::api
