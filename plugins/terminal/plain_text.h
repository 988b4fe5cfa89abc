// The words of a terminal's output: without escape sequences and control characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::terminal {

// Keeps at most `limit` bytes of text, the first ones. Knows the sequences of ECMA-48: CSI, OSC and other strings, and
// the short ones; not what they do, so a text that a program draws all over the screen reads in the order in which it
// was drawn. For one thread at a time.
class PlainText {
 public:
  explicit PlainText(std::size_t limit) noexcept : limit_(limit) {}

  // `utf8` is whole characters.
  void append(std::string_view utf8);
  const std::string& text() const noexcept { return text_; }

 private:
  enum class State : std::uint8_t { text, escape, sequence, string, string_escape };

  void take(char c);
  void take_text(char c);

  const std::size_t limit_;
  State state_ = State::text;
  bool is_full_ = false;
  std::string text_;
};

}  // namespace nexus::terminal
