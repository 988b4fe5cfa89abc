// Hides a client's packed messages from Beast, which would keep a window for each socket and ends without a close frame
// where data is broken. Such a message reaches Beast as a plain binary one, and what it was is remembered here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nexus::api::ws {

class PackedFrames {
 public:
  struct Message {
    bool is_packed = false;
    bool is_text = false;
  };

  // Follows the frames in what the client sent, in pieces of any size. Changes the first byte of a packed message.
  void pass(std::span<char> bytes);
  // Of the next message in order; its frames must have passed.
  Message take_message();

 private:
  void start_frame(char& first);
  void end_header();

  std::array<std::uint8_t, 14> header_{};
  std::size_t header_size_ = 0;      // bytes of it that came
  std::uint64_t payload_left_ = 0;   // of the frame whose header is whole
  std::vector<Message> messages_{};  // that have begun and were not taken, the oldest first
};

}  // namespace nexus::api::ws
