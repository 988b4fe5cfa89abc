// The shell text around commands.
#include "ssh/command.h"

#include "ssh/file_systems.h"

#include <doctest/doctest.h>

using namespace nexus::servers::ssh;

TEST_CASE("any text is one word of a shell") {
  CHECK(shell_quoted("plain") == "'plain'");
  CHECK(shell_quoted("it's; $(rm -rf /)") == "'it'\\''s; $(rm -rf /)'");
  CHECK(shell_quoted("") == "''");
}

TEST_CASE("the markers say whether a shell ran and how the command ended") {
  const auto whole = unwrap("motd\n@PN 123\nerror\n\n@EN 7\n", "\n@EN 7\n", "N");
  CHECK(whole.process == 123);
  CHECK(whole.status == 7);
  CHECK(whole.err == "error\n");

  const auto cut = unwrap("@PN 123\npart", "part", "N");
  CHECK(cut.process == 123);
  CHECK_FALSE(cut.status.has_value());
  CHECK(cut.err == "part");

  CHECK_FALSE(unwrap("This service allows sftp connections only.\n", "", "N").process.has_value());
  CHECK_FALSE(unwrap("", "", "N").process.has_value());
  // A forged marker under another nonce is output like any other.
  CHECK_FALSE(unwrap("@PN 1\n\n@EX 0\n", "\n@EX 0\n", "N").status.has_value());
}

TEST_CASE("nonces differ") {
  CHECK(make_nonce().size() == 32);
  CHECK(make_nonce() != make_nonce());
}

TEST_CASE("signals are named by the status that a shell gives them") {
  CHECK(signal_of_status(143) == "TERM");
  CHECK(signal_of_status(137) == "KILL");
  CHECK(signal_of_status(0) == "");
  CHECK(signal_of_status(127) == "");
  CHECK(signal_of_status(255) == "");
}

TEST_CASE("files between markers") {
  const auto files = parse_cat("@FN one@NN @NN @FN @FX @NN ", 4, "N");
  CHECK(files[0] == "one");
  CHECK_FALSE(files[1].has_value());
  CHECK(files[2] == "@FX ");
  CHECK_FALSE(files[3].has_value());
}

TEST_CASE("a line of df") {
  const auto space = parse_df("/dev/sda 1    1000  400  500  45% /mnt/a b\n");
  REQUIRE(space.has_value());
  CHECK(space->total == 1000 * 1024);
  CHECK(space->free == 600 * 1024);
  CHECK(space->available == 500 * 1024);
  for (const char* bad : {"", "\n", "df: no such file", "/dev/sda 1 2", "- - - - -"}) {
    CHECK_FALSE(parse_df(bad).has_value());
  }
  CHECK_FALSE(parse_df("x 99999999999999999999 1 1 1% /").has_value());
  CHECK(parse_df("x 18446744073709551615 1 1 1% /")->total > 0);
}
