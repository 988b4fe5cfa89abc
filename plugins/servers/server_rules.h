// What a server may be changed to, and by whom. Pure.
#pragma once

#include "model.h"

namespace nexus::servers {

// 42201 with the first field that is malformed. Says by itself what the routes' schemas say, for servers that come
// another way.
Result<void> check_fields(const Server& server);

// The same of host, port and ssh_user alone.
Result<void> check_address(const Server& server);

// What a change does to the way in.
struct LoginChange {
  const Server& before;
  const Server& after;
  bool by_grant = false;       // the caller neither owns the server nor works on all of them
  bool new_password = false;   // a password was given, or cleared
  bool key_is_callers = true;  // he could choose the key of `after` himself; true where there is none
};

// Secrets do not follow to a place where they were not meant to open anything; 42201 with the field that must be given
// again.
//
// A password would be sent to the new address, which may be a machine of whoever changed it. A key is not sent: its
// signature is bound to the session, so a machine that it is shown to can do nothing with it. But the panel would log
// in with it wherever it is accepted, which is often everywhere: who manages one server could so reach another of the
// owner's, or another account, with a key that he was never given. So a key stays with the address and the account that
// it was given for, unless the caller could choose it himself. The account counts for a password too where the caller
// manages only what he was granted.
Result<void> check_login(const LoginChange& change);

}  // namespace nexus::servers
