// The pinned host keys of one server, in the database.
#pragma once

#include "host_key_rules.h"

#include <nexus/cpp/call.h>

namespace nexus::servers {

// Used on the SSH threads: each question is a call of the plugin's own. A database that does not answer refuses every
// key.
class DatabaseHostKeyGate : public ssh::HostKeyGate {
 public:
  // `user_id` is who asked for the connection.
  DatabaseHostKeyGate(const Host& host, const Server& server, std::int64_t user_id, bool strict)
      : host_(host),
        server_id_(server.id),
        address_(server.host),
        port_(server.port),
        user_id_(user_id),
        strict_(strict) {}

  ssh::Outcome<std::vector<std::string>> trusted_types() override;
  ssh::Outcome<ssh::HostKeyReport> judge(const ssh::HostKey& key, ssh::Trust trust) override;

 private:
  Result<HostKeyDecision> decide_and_record(const ssh::HostKey& key, ssh::Trust trust) const;

  Host host_;
  std::int64_t server_id_;
  std::string address_;
  std::int64_t port_;
  std::int64_t user_id_;
  bool strict_;
};

}  // namespace nexus::servers
