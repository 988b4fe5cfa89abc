// How work over SSH ends: a value, or the stage and the reason of the failure.
#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

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
};

template <class T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Outcome(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  bool ok() const noexcept { return state_.index() == 0; }
  T& value() & {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    assert(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    assert(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const Failure& error() const& {
    assert(!ok());
    return *std::get_if<1>(&state_);
  }
  Failure&& error() && {
    assert(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Failure> state_;
};

struct Done {};

}  // namespace nexus::servers::ssh

// Leaves the current function with the failure of `expression` (an Outcome), if it has one.
#define NEXUS_TRY_OUTCOME(expression)                                                                       \
  do {                                                                                                      \
    if (auto nexus_outcome_ = (expression); !nexus_outcome_.ok()) return std::move(nexus_outcome_).error(); \
  } while (false)
