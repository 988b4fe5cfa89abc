#include "plain_text.h"

#include <doctest/doctest.h>

#include <vector>

using nexus::terminal::PlainText;

TEST_CASE("escape sequences go, words stay") {
  struct Row {
    const char* shown;
    const char* text;
  };
  const std::vector<Row> rows{
      {"plain\r\ntext\t.", "plain\ntext\t."},
      {"\x1b[1;31mred\x1b[0m", "red"},
      {"\x1b]0;a title\aprompt", "prompt"},
      {"\x1b]8;;http://x\x1b\\link", "link"},
      {"\x1bP1$r0m\x1b\\after", "after"},
      {"\x1b(Bascii", "ascii"},
      {"\x1b=keys\x1b>", "keys"},
      {"lx\bs -l", "ls -l"},
      {"\xE4\xBD\xA0\bn", "n"},
      {"\n\bx", "\nx"},
      {"bell\a", "bell"},
      {"\x1b[3\x1b[mx", "x"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.text);
    PlainText whole(1000);
    whole.append(row.shown);
    CHECK(whole.text() == row.text);
    PlainText in_parts(1000);
    for (const char c : std::string_view(row.shown)) in_parts.append({&c, 1});
    CHECK(in_parts.text() == row.text);
  }
}

TEST_CASE("it is full before its limit, and never in the middle of a character") {
  PlainText text(10);
  text.append("12345\xE4\xBD\xA0\xE4\xBD\xA0 x");
  CHECK(text.text() == "12345\xE4\xBD\xA0");
}
