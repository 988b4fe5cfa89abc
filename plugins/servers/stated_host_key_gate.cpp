#include "stated_host_key_gate.h"

#include "ssh/wire.h"

namespace nexus::servers {

ssh::Outcome<ssh::HostKeyReport> StatedHostKeyGate::judge(const ssh::HostKey& key, ssh::Trust /*trust*/) {
  ssh::HostKeyReport report{key.type, ssh::fingerprint(key.blob), "known"};
  if (report.fingerprint == fingerprint_) return report;
  const bool unknown = fingerprint_.empty();
  report.status = unknown ? "unknown" : "changed";
  return ssh::Failure{ssh::Stage::host_key, unknown ? ssh::Fault::host_key_unknown : ssh::Fault::host_key_changed,
                      "nobody has stated this host key", std::move(report)};
}

}  // namespace nexus::servers
