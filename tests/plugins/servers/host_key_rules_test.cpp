// Which host keys are let through, for whom.
#include "host_key_rules.h"

#include <doctest/doctest.h>

using namespace nexus::servers;
using ssh::Trust;

namespace {

SeenHostKey seen(const char* public_key, const char* state) {
  SeenHostKey key;
  key.public_key = public_key;
  key.state = state;
  return key;
}

}  // namespace

TEST_CASE("a first key is trusted on a person's word alone, and not where the rule is strict") {
  CHECK(decide({}, "A", Trust::person, false) == HostKeyDecision::trust_now);
  CHECK(decide({}, "A", Trust::person, true) == HostKeyDecision::unknown);
  CHECK(decide({}, "A", Trust::nobody, false) == HostKeyDecision::unknown);
  const std::vector<SeenHostKey> waiting{seen("A", "pending")};
  CHECK(decide(waiting, "A", Trust::nobody, false) == HostKeyDecision::unknown);
  CHECK(decide(waiting, "A", Trust::person, true) == HostKeyDecision::unknown);
}

TEST_CASE("beside a trusted key no other passes, on nobody's word") {
  const std::vector<SeenHostKey> keys{seen("old", "retired"), seen("A", "trusted"), seen("B", "pending")};
  for (const auto trust : {Trust::person, Trust::nobody}) {
    for (const bool strict : {false, true}) {
      CHECK(decide(keys, "A", trust, strict) == HostKeyDecision::known);
      CHECK(decide(keys, "B", trust, strict) == HostKeyDecision::changed);
      CHECK(decide(keys, "old", trust, strict) == HostKeyDecision::changed);
      CHECK(decide(keys, "C", trust, strict) == HostKeyDecision::changed);
    }
  }
}

TEST_CASE("a rejected key passes on nobody's word, and another one as if it were not there") {
  const std::vector<SeenHostKey> rejected{seen("A", "rejected")};
  CHECK(decide(rejected, "A", Trust::person, false) == HostKeyDecision::unknown);
  CHECK(decide(rejected, "A", Trust::nobody, false) == HostKeyDecision::unknown);
  CHECK(decide(rejected, "B", Trust::person, false) == HostKeyDecision::trust_now);
  const std::vector<SeenHostKey> beside{seen("A", "rejected"), seen("B", "trusted")};
  CHECK(decide(beside, "A", Trust::person, false) == HostKeyDecision::changed);
  CHECK(decide(beside, "B", Trust::nobody, false) == HostKeyDecision::known);
}

TEST_CASE("the key that somebody vouched for may begin on nobody's word, and no other may on anybody's") {
  for (const auto trust : {Trust::person, Trust::nobody}) {
    for (const bool strict : {false, true}) {
      CHECK(decide({}, "A", trust, strict, Vouched::this_key) == HostKeyDecision::trust_now);
      CHECK(decide({}, "B", trust, strict, Vouched::another_key) == HostKeyDecision::changed);
      const std::vector<SeenHostKey> rejected{seen("A", "rejected")};
      CHECK(decide(rejected, "A", trust, strict, Vouched::this_key) == HostKeyDecision::unknown);
    }
  }
  // What was accepted since counts more than what was said before.
  const std::vector<SeenHostKey> accepted{seen("A", "trusted")};
  CHECK(decide(accepted, "A", Trust::nobody, true, Vouched::another_key) == HostKeyDecision::known);
  CHECK(decide(accepted, "B", Trust::person, false, Vouched::this_key) == HostKeyDecision::changed);
}
