#include "plain_text.h"

namespace nexus::terminal {
namespace {

constexpr char kEscape = '\x1b';
constexpr char kBell = '\a';
constexpr char kBackspace = '\b';
constexpr char kDelete = '\x7f';
constexpr std::size_t kLongestCharacter = 4;

bool is_final(char c) noexcept { return c >= '@' && c <= '~'; }
bool is_intermediate(char c) noexcept { return c >= ' ' && c <= '/'; }

}  // namespace

void PlainText::append(std::string_view utf8) {
  for (const char c : utf8) {
    if (is_full_) return;
    take(c);
  }
}

void PlainText::take(char c) {
  switch (state_) {
    case State::text: return take_text(c);
    case State::escape:
      if (c == '[') {
        state_ = State::sequence;
      } else if (c == ']' || c == 'P' || c == 'X' || c == '^' || c == '_') {
        state_ = State::string;
      } else if (!is_intermediate(c)) {
        state_ = State::text;
      }
      return;
    case State::sequence:
      if (is_final(c)) state_ = State::text;
      if (c == kEscape) state_ = State::escape;
      return;
    case State::string:
      if (c == kBell) state_ = State::text;
      if (c == kEscape) state_ = State::string_escape;
      return;
    case State::string_escape: state_ = c == '\\' ? State::text : State::string; return;
  }
}

void PlainText::take_text(char c) {
  if (c == kEscape) {
    state_ = State::escape;
  } else if (c == kBackspace) {
    // What is typed and taken back: one character, whatever its bytes.
    while (!text_.empty() && (static_cast<unsigned char>(text_.back()) & 0xC0) == 0x80) text_.pop_back();
    if (!text_.empty() && text_.back() != '\n') text_.pop_back();
  } else if (c != kDelete && (c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= ' ')) {
    // Never half a character.
    const bool begins_character = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    is_full_ = begins_character && text_.size() + kLongestCharacter > limit_;
    if (!is_full_) text_ += c;
  }
}

}  // namespace nexus::terminal
