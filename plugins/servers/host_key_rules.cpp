#include "host_key_rules.h"

namespace nexus::servers {

HostKeyDecision decide(std::span<const SeenHostKey> seen, std::string_view public_key, ssh::Trust trust, bool strict,
                       Vouched vouched) {
  bool any_trusted = false;
  bool rejected = false;
  for (const auto& key : seen) {
    if (key.state == "rejected" && key.public_key == public_key) rejected = true;
    if (key.state != "trusted") continue;
    if (key.public_key == public_key) return HostKeyDecision::known;
    any_trusted = true;
  }
  if (any_trusted || vouched == Vouched::another_key) return HostKeyDecision::changed;
  const bool may_begin = vouched == Vouched::this_key || (trust == ssh::Trust::person && !strict);
  return may_begin && !rejected ? HostKeyDecision::trust_now : HostKeyDecision::unknown;
}

}  // namespace nexus::servers
