#include "host_key_gate.h"

#include "host_key_store.h"
#include "ssh/wire.h"

#include <nexus/cpp/time.h>

#include <algorithm>

namespace nexus::servers {
namespace {

constexpr std::chrono::seconds kHostKeyCallTimeout{5};
// How exact last_seen_us is; each log-in would be a write otherwise.
constexpr std::int64_t kTouchInterval = 3600 * kMicrosecondsPerSecond;

ssh::Failure unchecked(const Error& error) {
  return {ssh::Stage::host_key, ssh::Fault::host_key_unchecked, error.what(), {}};
}

const SeenHostKey* find_key(const std::vector<SeenHostKey>& seen, std::string_view public_key, std::string_view state) {
  const auto found = std::find_if(seen.begin(), seen.end(), [&](const SeenHostKey& one) {
    return one.public_key == public_key && one.state == state;
  });
  return found == seen.end() ? nullptr : &*found;
}

Vouched about(const std::optional<VouchedHostKey>& vouched, const std::string& fingerprint) {
  if (!vouched) return Vouched::nothing;
  return vouched->fingerprint == fingerprint ? Vouched::this_key : Vouched::another_key;
}

}  // namespace

ssh::Outcome<std::vector<std::string>> DatabaseHostKeyGate::trusted_types() {
  auto call = OwnedCall::background(host_, "host key", kHostKeyCallTimeout);
  if (!call.ok()) return unchecked(call.error());
  const auto seen = HostKeyStore(Sql(**call)).at_address(server_id_, address_, port_);
  if (!seen.ok()) return unchecked(seen.error());
  std::vector<std::string> types;
  for (const auto& key : *seen) {
    if (key.state == "trusted" && std::find(types.begin(), types.end(), key.type) == types.end())
      types.push_back(key.type);
  }
  return types;
}

ssh::Outcome<ssh::HostKeyReport> DatabaseHostKeyGate::judge(const ssh::HostKey& key, ssh::Trust trust) {
  ssh::HostKeyReport report{key.type, ssh::fingerprint(key.blob), "known"};
  const auto decision = decide_and_record(key, trust);
  if (!decision.ok()) return unchecked(decision.error());
  auto fault = ssh::Fault::host_key_changed;
  switch (*decision) {
    case HostKeyDecision::known: return report;
    case HostKeyDecision::trust_now: report.status = "trusted_now"; return report;
    case HostKeyDecision::unknown:
      report.status = "unknown";
      fault = ssh::Fault::host_key_unknown;
      break;
    case HostKeyDecision::changed: report.status = "changed"; break;
  }
  return ssh::Failure{ssh::Stage::host_key, fault, "the host key is not trusted", std::move(report)};
}

Result<HostKeyDecision> DatabaseHostKeyGate::decide_and_record(const ssh::HostKey& key, ssh::Trust trust) const {
  NEXUS_ASSIGN(auto call, OwnedCall::background(host_, "host key", kHostKeyCallTimeout));
  const auto public_key = ssh::base64(key.blob);
  const auto now_us = host_.now_us();
  NEXUS_ASSIGN(const auto seen, HostKeyStore(Sql(*call)).at_address(server_id_, address_, port_));
  if (decide(seen, public_key, trust, strict_) == HostKeyDecision::known) {
    const auto* shown = find_key(seen, public_key, "trusted");
    if (now_us - shown->last_seen_us > kTouchInterval) NEXUS_TRY(HostKeyStore(Sql(*call)).touch(shown->id, now_us));
    return HostKeyDecision::known;
  }

  // Looked at again inside the transaction: two first connections at once must not both begin to trust.
  NEXUS_ASSIGN(auto transaction, Sql(*call).begin());
  const HostKeyStore store(transaction);
  NEXUS_ASSIGN(const auto current, store.at_address(server_id_, address_, port_));
  NEXUS_ASSIGN(const auto vouched, store.vouched(server_id_, address_, port_));
  const auto fingerprint = ssh::fingerprint(key.blob);
  const auto decision = decide(current, public_key, trust, strict_, about(vouched, fingerprint));
  if (decision == HostKeyDecision::known) return decision;
  // What a person has rejected does not wait again.
  const auto* rejected = find_key(current, public_key, "rejected");
  if (rejected != nullptr) {
    NEXUS_TRY(store.touch(rejected->id, now_us));
    NEXUS_TRY(transaction.commit());
    return decision;
  }
  SeenHostKey record;
  record.host = address_;
  record.port = port_;
  record.type = key.type;
  record.fingerprint = fingerprint;
  record.public_key = public_key;
  record.first_seen_us = record.last_seen_us = now_us;
  record.state = "pending";
  if (decision == HostKeyDecision::trust_now) {
    record.state = "trusted";
    record.decided_us = now_us;
    record.decided_by = vouched ? vouched->vouched_by : user_id_;
  }
  NEXUS_TRY(store.put(server_id_, record));
  NEXUS_TRY(store.trim_pending(server_id_));
  NEXUS_TRY(transaction.commit());
  return decision;
}

}  // namespace nexus::servers
