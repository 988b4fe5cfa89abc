// Where a server is and with what to log in: what a connection is made from.
#pragma once

#include "ssh/credentials.h"
#include "ssh/watch.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace nexus::servers::ssh {

// On whose word an unknown host key may be trusted.
enum class Trust {
  person,  // somebody asked for this very connection
  nobody,  // background work: never
};

// Remembers the host keys of one server. Used from the thread that connects; fails closed.
class HostKeyGate {
 public:
  virtual ~HostKeyGate() = default;
  // Types of the keys that are trusted now; empty where there is none.
  virtual Outcome<std::vector<std::string>> trusted_types() = 0;
  // Compares and records. The value says trusted_now or known; every refusal is a failure with a report.
  virtual Outcome<HostKeyReport> judge(const HostKey& key, Trust trust) = 0;
};

struct Target {
  std::int64_t server_id = 0;
  std::int64_t revision = 0;  // changes when address or credentials may have changed
  std::string host;
  std::uint16_t port = 22;
  std::shared_ptr<HostKeyGate> host_keys;
  // Opens what is sealed; asked only when a log-in is needed, on a thread that may block.
  std::function<Outcome<Credentials>()> credentials;
  // The jump host that leads there; null for a direct connection. A chain has at most kMaxHops of them, and no server
  // twice.
  std::shared_ptr<const Target> via{};

  static constexpr int kMaxHops = 8;
};

}  // namespace nexus::servers::ssh
