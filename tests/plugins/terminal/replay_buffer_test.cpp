#include "replay_buffer.h"

#include <doctest/doctest.h>

using nexus::terminal::ReplayBuffer;

TEST_CASE("the last bytes are kept, from the beginning of a line") {
  ReplayBuffer replay(10);
  replay.append("one\n");
  CHECK(replay.content() == "one\n");
  replay.append("two\nthree\n");
  CHECK(replay.content() == "three\n");
  replay.append("012345678901234567890123456789");
  CHECK(replay.content() == "0123456789");
  for (int i = 0; i < 1000; ++i) replay.append("x\n");
  CHECK(replay.content() == "x\nx\nx\nx\n");
}
