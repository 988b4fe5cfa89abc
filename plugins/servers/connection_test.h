// A person's test of a connection: who answers there, and what it is.
#pragma once

#include "ssh_gateway.h"

#include <nexus/cpp/http.h>

namespace nexus::servers {

// Of a server. Answers through `reply`, whatever happens. `call` is kept until then.
void test_connection(SshGateway& gateway, const ssh::Target& target, OwnedCall call, const Reply& reply);

// A server as somebody is about to add it.
struct UnsavedServer {
  ServerAccess access;
  std::string host_key_fingerprint = {};  // that the caller vouches for; empty: none
};

// The same of one that nobody has added: nothing is written down of it but the audit entry, and its connection ends
// with the answer. `place` is one among the gateway's unsaved tests, and so is the server's id.
Result<void> test_unsaved(SshGateway& gateway, const UnsavedTests::Place& place, const UnsavedServer& server,
                          Call& call, const Reply& reply);
// Whose test it is, and of which machine: the owner is the caller.
UnsavedAddress unsaved_address(const Server& server);
// Where it may not begin now: the answer of a test that failed so.
Response unsaved_refused(const ssh::Failure& failure, const Server& server, Call& call);

}  // namespace nexus::servers
