#include "asciicast.h"

#include <doctest/doctest.h>

using namespace nexus;
using namespace nexus::terminal;

TEST_CASE("a recording begins with its header, and each event is a line") {
  const auto header = Json::parse(cast_header({120, 40}, 1'704'067'200'500'000, "alice, server 1", "xterm"));
  CHECK(header == Json{{"version", 2},
                       {"width", 120},
                       {"height", 40},
                       {"timestamp", 1'704'067'200},
                       {"title", "alice, server 1"},
                       {"env", {{"TERM", "xterm"}}}});
  CHECK(cast_output(1'000'000, "hi \"you\"\r\n") == "[1.000000, \"o\", \"hi \\\"you\\\"\\r\\n\"]\n");
  CHECK(cast_output(61'000'001, "\x1b[m") == "[61.000001, \"o\", \"\\u001b[m\"]\n");
  CHECK(cast_resize(5, {80, 24}) == "[0.000005, \"r\", \"80x24\"]\n");
}
