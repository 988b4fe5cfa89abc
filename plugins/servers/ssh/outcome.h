// How work over SSH ends: a value, or the stage and the reason of the failure.
#pragma once

#include <nexus/cpp/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::servers::ssh {

// Where an attempt stopped; the words are part of the API.
enum class Stage { resolve, connect, host_key, auth, exec };

enum class Fault {
  name_not_found,
  refused,
  unreachable,
  timed_out,
  cancelled,         // nobody waits any more, or the plugin stops
  dropped,           // the other side closed or broke the connection
  no_common_method,  // no algorithm that both sides accept
  only_rsa_host_key,
  host_key_unknown,
  host_key_changed,
  host_key_unchecked,  // the pinned keys could not be read
  credentials_refused,
  credentials_missing,
  held_back,   // too soon after a failure with the same credentials
  no_channel,  // the server opens no further channel
  no_shell,    // the account runs no commands
  no_file,     // the server refuses the file, or has no SFTP
  busy,        // the panel's own queue is full
};

// "connect", and the catalogue's last word of a fault: "refused".
std::string_view to_string(Stage stage) noexcept;
std::string_view to_string(Fault fault) noexcept;

struct HostKeyReport {
  std::string type;
  std::string fingerprint;
  std::string status;  // trusted_now, known, changed, unknown
};

struct Failure {
  Stage stage = Stage::exec;
  Fault fault = Fault::dropped;
  std::string reason;  // for the log: libssh2's or the system's words, never a secret
  std::optional<HostKeyReport> host_key;
  // The server on the way that failed: stage and fault are of the connection to it, and say nothing of the one behind.
  std::optional<std::int64_t> jump_host = {};
};

template <class T>
using Outcome = Result<T, Failure>;

}  // namespace nexus::servers::ssh
