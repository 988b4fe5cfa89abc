#include "utf8_cutter.h"

#include <doctest/doctest.h>

#include <vector>

using nexus::terminal::Utf8Cutter;

TEST_CASE("a character that comes in pieces appears once, wherever it is cut") {
  const std::string text = "a\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80z";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      CAPTURE(first);
      CAPTURE(second);
      Utf8Cutter cutter;
      auto out = cutter.take(std::string_view(text).substr(0, first));
      out += cutter.take(std::string_view(text).substr(first, second - first));
      out += cutter.take(std::string_view(text).substr(second));
      CHECK(out == text);
    }
  }
}

TEST_CASE("after what was skipped, the next piece is the same as after what was taken") {
  const std::string text = "ab\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80\x80z\xE4\xBD";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      CAPTURE(first);
      CAPTURE(second);
      Utf8Cutter taker;
      Utf8Cutter skipper;
      for (const auto& part : {text.substr(0, first), text.substr(first, second - first)}) {
        taker.take(part);
        skipper.skip(part);
      }
      CHECK(skipper.take(text.substr(second) + "\xA0") == taker.take(text.substr(second) + "\xA0"));
    }
  }
}

TEST_CASE("what is no UTF-8 becomes U+FFFD, once for each maximal part") {
  struct Row {
    std::string bytes;
    int replaced;
    std::string rest;
  };
  const std::vector<Row> rows{
      {"\xFF", 1, ""},
      {"\x80\x80", 2, ""},
      {"\xC0\xAF", 2, ""},          // an overlong form
      {"\xE4\xBD!", 1, "!"},        // a character that broke off
      {"\xED\xA0\x80", 3, ""},      // a surrogate
      {"\xF4\x90\x80\x80", 4, ""},  // past U+10FFFF
      {"\xF0\x9F\x98!", 1, "!"},
      {"\xE0\x80\x80", 3, ""},
      {"\xC3\xC3\xA9", 1, "\xC3\xA9"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.bytes);
    std::string expected;
    for (int i = 0; i < row.replaced; ++i) expected += "\xEF\xBF\xBD";
    CHECK(Utf8Cutter().take(row.bytes) == expected + row.rest);
  }
}
