// From an address to a session that is logged in, with the host key checked on the way.
#pragma once

#include "ssh/session.h"

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
  // Opens what is sealed; asked only when a log-in is needed.
  std::function<Outcome<Credentials>()> credentials;
};

struct Connection {
  std::unique_ptr<Session> session;
  milliseconds login_time{0};
};

// The stages in order, each within its own time. No credential leaves before the host key is accepted.
Outcome<Connection> connect_and_log_in(const Target& target, Trust trust, const Watch& watch);

}  // namespace nexus::servers::ssh
