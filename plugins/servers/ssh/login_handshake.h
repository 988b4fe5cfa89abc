// The key exchange, step by step, and why it failed.
#pragma once

#include "ssh/credentials.h"
#include "ssh/multiplexer.h"
#include "ssh/outcome.h"

#include <string>
#include <vector>

namespace nexus::servers::ssh {

// Used by one thread at a time. A session whose handshake did not come to its end is of no more use.
class Handshake {
 public:
  // `session` outlives it.
  explicit Handshake(Multiplexer& session) noexcept : session_(session) {}
  Handshake(const Handshake&) = delete;
  Handshake& operator=(const Handshake&) = delete;

  // `host_key_types` are asked for, best first; empty takes every type that is safe. False where libssh2 lacks a
  // method.
  bool prepare(const std::vector<std::string>& host_key_types);
  // To be repeated until it no longer answers LIBSSH2_ERROR_EAGAIN; never waits.
  int step();

  // After step() answered 0. Not yet trusted. Empty where libssh2 knows none.
  HostKey host_key() const;
  // After step() failed.
  Failure explain(int code) const;

 private:
  Multiplexer& session_;
  std::string received_;  // the first bytes, in clear
};

}  // namespace nexus::servers::ssh
