#include "ws/packed_frames.h"

#include <algorithm>

namespace nexus::api::ws {
namespace {

// Beast holds 1536 bytes of frames that it has not looked at, and a client's has six at least. Only of a socket that
// closes nobody takes any.
constexpr std::size_t kMostMessages = 1024;
constexpr unsigned kPacked = 0x40;  // RSV1
constexpr unsigned kOpcode = 0x0F;
constexpr unsigned kText = 1;
constexpr unsigned kBinary = 2;

// Of a header that begins with these two bytes.
std::size_t length_bytes(std::uint8_t second) noexcept {
  const auto size = second & 0x7FU;
  return size == 127 ? 8 : size == 126 ? 2 : 0;
}
std::size_t mask_bytes(std::uint8_t second) noexcept { return (second & 0x80U) != 0 ? 4 : 0; }

}  // namespace

void PackedFrames::pass(std::span<char> bytes) {
  while (!bytes.empty()) {
    if (payload_left_ != 0) {
      const auto skipped = std::min<std::uint64_t>(payload_left_, bytes.size());
      payload_left_ -= skipped;
      bytes = bytes.subspan(static_cast<std::size_t>(skipped));
      continue;
    }
    if (header_size_ == 0) start_frame(bytes.front());
    header_[header_size_++] = static_cast<std::uint8_t>(bytes.front());
    bytes = bytes.subspan(1);
    if (header_size_ >= 2 && header_size_ == 2 + length_bytes(header_[1]) + mask_bytes(header_[1])) end_header();
  }
}

// The bit stays on frames that must not have it, for Beast to refuse.
void PackedFrames::start_frame(char& first) {
  const auto byte = static_cast<std::uint8_t>(first);
  const unsigned opcode = byte & kOpcode;
  if (opcode != kText && opcode != kBinary) return;
  const bool is_packed = (byte & kPacked) != 0;
  if (messages_.size() < kMostMessages) messages_.push_back({is_packed, opcode == kText});
  if (is_packed) first = static_cast<char>((byte & ~(kPacked | kOpcode)) | kBinary);
}

void PackedFrames::end_header() {
  const std::size_t count = length_bytes(header_[1]);
  payload_left_ = count == 0 ? header_[1] & 0x7FU : 0;
  for (std::size_t at = 0; at < count; ++at) payload_left_ = payload_left_ << 8 | header_[2 + at];
  header_size_ = 0;
}

PackedFrames::Message PackedFrames::take_message() {
  if (messages_.empty()) return {};
  const auto message = messages_.front();
  messages_.erase(messages_.begin());
  return message;
}

}  // namespace nexus::api::ws
