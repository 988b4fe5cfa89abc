#include "core/loader/plugin_entry.h"
#include "core/loader/prober.h"
#include "support/panel_process.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace nexus;
using namespace nexus::core;

namespace {

std::string fixture(const std::string& name) { return std::string(NEXUS_FIXTURE_PLUGIN_DIR) + '/' + name + ".so"; }

std::string refusal(const std::string& file, std::chrono::milliseconds deadline = kProbeDeadline) {
  const auto result = probe_in_child(NEXUS_PANEL_BINARY, file, deadline);
  return result.ok() ? "accepted" : result.error().what();
}

bool says(const std::string& text, const char* part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a good plugin tells who it is") {
  const auto result = probe_in_child(NEXUS_PANEL_BINARY, fixture("good"));
  REQUIRE_MESSAGE(result.ok(), result.error().what());
  CHECK(result->id == "good");
  CHECK(result->version == "1.0.0");
  const auto other = probe_in_child(NEXUS_PANEL_BINARY, fixture("needs_newer"));
  REQUIRE(other.ok());
  REQUIRE(other->dependencies.size() == 1);
  CHECK(other->dependencies[0].id == "good");
  CHECK(other->dependencies[0].min_version == "9.0.0");
}

TEST_CASE("a wrong entry is refused with what is needed, what is offered and who must act") {
  CHECK(says(refusal(fixture("wrong_magic")), "magic number"));
  CHECK(refusal(fixture("wrong_major")) == "needs ABI major 9, this panel offers major 1: update the panel");
  const auto minor = [](unsigned number) { return "1." + std::to_string(number); };
  CHECK(refusal(fixture("newer_minor")) == "needs ABI " + minor(NX_ABI_MINOR + 1) + " or newer, this panel offers " +
                                               minor(NX_ABI_MINOR) + ": update the panel");
  CHECK(says(refusal(fixture("no_create")), "no create function"));
}

TEST_CASE("a plugin that was built for the first minor is served by every later one") {
  // Its entry says 1.0, built and needed.
  CHECK(refusal(fixture("needs_broken")) == "accepted");
  CHECK(kOldestServedMinor == 0);
}

TEST_CASE("one symbol is exported, no other and no fewer") {
  CHECK(says(refusal(fixture("missing_symbol")), "does not export nexus_plugin_entry"));
  const auto two = refusal(fixture("two_symbols"));
  CHECK(says(two, "exports 2 symbols"));
  CHECK(says(two, "leaked_helper"));
}

TEST_CASE("a constructor that throws, aborts or exits ends only the child") {
  const auto threw = refusal(fixture("throws_in_constructor"));
  CHECK(says(threw, "static constructors"));
  CHECK(says(threw, "broken constructor"));
  CHECK(says(refusal(fixture("aborts_in_constructor")), "static constructors"));
  CHECK(says(refusal(fixture("exits_in_constructor")), "ended with status 0"));
}

TEST_CASE("a constructor that hangs ends at the deadline") {
  const auto start = std::chrono::steady_clock::now();
  CHECK(says(refusal(fixture("hangs_in_constructor"), std::chrono::milliseconds(1500)), "does not return"));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("a file that is no plugin says what it is") {
  const test::TemporaryFolder folder;
  CHECK(says(refusal(folder.write("text.so", "just a text\n")), "not a shared object"));
  CHECK(says(refusal(folder.write("empty.so", "")), "not a shared object"));
  CHECK(says(refusal(folder.path() + "/gone.so"), "cannot be read"));
}

TEST_CASE("a file that is cut off anywhere is refused and never crashes the panel") {
  std::ifstream stream(fixture("missing_symbol"), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(stream), {}};
  const test::TemporaryFolder folder;
  for (const std::size_t kept :
       {std::size_t{3}, std::size_t{20}, std::size_t{64}, whole.size() / 2, whole.size() - 1}) {
    const auto reason = refusal(folder.write("cut.so", whole.substr(0, kept)));
    CHECK_MESSAGE((says(reason, "cut off") || says(reason, "not a shared object")), kept, " bytes: ", reason);
  }
}

TEST_CASE("the child's answer survives the way, and garbage is no answer") {
  const PluginEntry entry{"a", "1.2.3", "sdk", {{"b", "1.0.0", true}, {"c", "", false}}};
  const auto decoded = decode_probe(encode_probe(entry));
  REQUIRE(decoded.ok());
  CHECK(decoded->dependencies.size() == 2);
  CHECK(decoded->dependencies[0].optional);
  CHECK(says(decode_probe(encode_probe(Error(Status::invalid, "because"))).error().what(), "because"));
  for (const auto* text : {"", "{}", "[]", "null", R"({"id": 5})", "{\"id\""}) {
    CHECK(says(decode_probe(text).error().what(), "no readable answer"));
  }
}
