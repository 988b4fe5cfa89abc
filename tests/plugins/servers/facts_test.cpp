#include "facts.h"

#include "os_release.h"

#include <doctest/doctest.h>

using namespace nexus::servers;

TEST_CASE("the name of a system") {
  CHECK(pretty_name("NAME=\"Ubuntu\"\nPRETTY_NAME=\"Ubuntu 22.04 LTS\"\nID=ubuntu\n") == "Ubuntu 22.04 LTS");
  CHECK(pretty_name("PRETTY_NAME='Alpine'") == "Alpine");
  CHECK(pretty_name("PRETTY_NAME=Arch") == "Arch");
  CHECK(pretty_name("PRETTY_NAME=\"") == "\"");
  CHECK(pretty_name("") == "");
  CHECK(pretty_name("ID=x\n\n") == "");
}

TEST_CASE("a line of a server's is printable text, whatever it says") {
  CHECK(printable_line("Linux\nmore") == "Linux");
  CHECK(printable_line("a\x1b[31mb\r\x7f") == "a[31mb");
  CHECK(printable_line("\xE4\xBD\xA0 \xFF") == "\xE4\xBD\xA0 \xEF\xBF\xBD");
  CHECK(printable_line(std::string(1000, 'x')).size() == 200);
}

TEST_CASE("facts are read from what the command prints") {
  const auto facts = parse_facts(
      "Linux 6.1.0-18-amd64 x86_64\n==\n8\n==\n86400.50 600000.00\n==\nMemTotal:       16384000 kB\n==\n"
      "model name\t: AMD EPYC 7763\n==\nID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
      1'000'000'000'000);
  CHECK(facts.kernel == "Linux 6.1.0-18-amd64");
  CHECK(facts.architecture == "x86_64");
  CHECK(facts.cpu_count == 8);
  CHECK(facts.booted_us == 1'000'000'000'000 - 86'401'000'000);
  CHECK(facts.memory_bytes == 16'384'000 * 1024LL);
  CHECK(facts.cpu_model == "AMD EPYC 7763");
  CHECK(facts.os == "Debian GNU/Linux 12 (bookworm)");
}

TEST_CASE("what is missing or impossible stays empty") {
  const auto bsd = parse_facts("FreeBSD 14.0-RELEASE amd64\n==\n4\n==\n==\n==\n==\n", 0);
  CHECK(bsd.kernel == "FreeBSD 14.0-RELEASE");
  CHECK(bsd.cpu_count == 4);
  CHECK_FALSE(bsd.booted_us);
  CHECK_FALSE(bsd.memory_bytes);
  CHECK(bsd.os.empty());
  for (const auto* odd : {"", "==\n", "x", "a b\n==\n-1\n==\n1e400\n==\nMemTotal: 99999999999999999999 kB\n",
                          "a b\n==\n99999999\n==\nnan\n==\nMemTotal: 9223372036854775807 kB\n"}) {
    CAPTURE(std::string(odd));
    const auto facts = parse_facts(odd, 0);
    CHECK_FALSE(facts.cpu_count.value_or(0) > 100'000);
    CHECK_FALSE(facts.booted_us);
    CHECK_FALSE(facts.memory_bytes);
  }
}
