// ETag and If-Match.
#include <nexus/cpp/etag.h>

#include <doctest/doctest.h>

using nexus::etag_of;
using nexus::matches_etag;

TEST_CASE("a tag is strong, quoted, and another for another state") {
  CHECK(etag_of(0) == "\"0\"");
  CHECK(etag_of(35) == "\"z\"");
  CHECK(etag_of(1'704'067'200'000'000) != etag_of(1'704'067'200'000'001));
}

TEST_CASE("an If-Match names the state, one of a list, or any") {
  for (const auto* header : {"\"abc\"", "*", " * ", "\"x\", \"abc\"", "\"x\",\"abc\",\"y\"", "\"a,b\", \"abc\"",
                             ", \"abc\"", "W/\"x\", \"abc\"", "\"\",\"abc\"", "\t\"abc\" "}) {
    CAPTURE(header);
    CHECK(matches_etag(header, "\"abc\""));
  }
}

TEST_CASE("another state, a weak tag and a malformed header match nothing") {
  for (const auto* header : {"", " ", "\"abd\"", "abc", "W/\"abc\"", "\"abc", "abc\"", "\"x\", abc, \"abc\"", "**",
                             "*, \"abc\"", "\"x\"*", "w/\"abc\"", ",", "\"ABC\""}) {
    CAPTURE(header);
    CHECK_FALSE(matches_etag(header, "\"abc\""));
  }
}
