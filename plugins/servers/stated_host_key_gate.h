// The host key of a machine that is no server of the panel yet: only what the caller has stated lets it pass.
#pragma once

#include "ssh/target.h"

#include <string>

namespace nexus::servers {

// Nothing is looked up and nothing is kept. Where no fingerprint is stated every key is `unknown`, and none but the
// stated one passes: nobody else has vouched for it, and a password would go to whoever answers, each time anew.
class StatedHostKeyGate : public ssh::HostKeyGate {
 public:
  // As `ssh-keygen -lf` prints it; empty: none.
  explicit StatedHostKeyGate(std::string fingerprint) : fingerprint_(std::move(fingerprint)) {}

  ssh::Outcome<std::vector<std::string>> trusted_types() override { return std::vector<std::string>{}; }
  ssh::Outcome<ssh::HostKeyReport> judge(const ssh::HostKey& key, ssh::Trust trust) override;

 private:
  const std::string fingerprint_;
};

}  // namespace nexus::servers
