// One SSH connection: key exchange, host key, log-in.
#pragma once

#include "ssh/private_key.h"
#include "ssh/socket.h"

#include <nexus/cpp/secrets.h>

#include <libssh2.h>
#include <libssh2_sftp.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace nexus::servers::ssh {

// How long a server may take to count a channel as closed.
inline constexpr milliseconds kReleaseTimeout{2'000};
inline constexpr milliseconds kReleasePause{20};

struct HostKey {
  std::string type;  // "ssh-ed25519"
  std::string blob;
};

// With what to log in. A key is tried before a password.
struct Credentials {
  std::string user;
  std::optional<PrivateKey> key;
  SecretString password;
};

// Used by one thread at a time. Every function ends within its watch; after a failure with broken() the session is of
// no more use. Destroying it never waits for the other side.
class Session {
 public:
  // The key exchange. `host_key_types` are asked for, best first; empty takes every type that is safe.
  static Outcome<std::unique_ptr<Session>> open(Socket socket, const std::vector<std::string>& host_key_types,
                                                const Watch& watch);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // Not yet trusted: whoever opened the session compares it before authenticate().
  const HostKey& host_key() const noexcept { return host_key_; }
  Outcome<void> authenticate(const Credentials& credentials, const Watch& watch);

  // Whether it can still be used: nothing broke it, and the other side has not hung up.
  bool usable() const noexcept { return !broken_ && socket_.open_at_peer(); }
  bool broken() const noexcept { return broken_; }
  // Marks the session as one that must not be used again.
  void give_up() noexcept { broken_ = true; }

  LIBSSH2_SESSION* raw() const noexcept { return raw_; }

  // Repeats `step`, a call of libssh2 that may answer LIBSSH2_ERROR_EAGAIN, until it ends; that is the value, also
  // where it is one of libssh2's errors. A failure is the time or the connection.
  template <class Step>
  Outcome<int> run(Stage stage, const Watch& watch, Step&& step) {
    for (;;) {
      const int code = static_cast<int>(step());
      if (code != LIBSSH2_ERROR_EAGAIN) {
        if (is_fatal(code)) return dropped(stage);
        return code;
      }
      if (auto ready = wait(stage, watch); !ready.ok()) return std::move(ready).error();
    }
  }
  // The same for a call that answers a pointer, nullptr for failure; then `code` is the reason.
  template <class Make>
  auto make(Stage stage, const Watch& watch, Make&& call, int& code) -> Outcome<decltype(call())> {
    decltype(call()) made = nullptr;
    auto outcome = run(stage, watch, [&] {
      made = call();
      if (made != nullptr) return 0;
      const int error = libssh2_session_last_errno(raw_);
      return error == 0 ? LIBSSH2_ERROR_PROTO : error;
    });
    if (!outcome.ok()) return std::move(outcome).error();
    code = outcome.value();
    return made;
  }

  // The SFTP channel, opened at first use and kept; nullptr where the server offers none.
  Outcome<LIBSSH2_SFTP*> sftp(const Watch& watch);
  // Asks again for a short while where a server that counts channels has not noticed that the last one is closed.
  template <class Make>
  auto make_patiently(const Watch& watch, Make&& call, int& code) -> Outcome<decltype(call())> {
    const auto patience = watch.within(kReleaseTimeout);
    for (;;) {
      auto made = make(Stage::exec, watch, call, code);
      if (!made.ok() || made.value() != nullptr || !channel_refused(code) || patience.expired()) return made;
      std::this_thread::sleep_for(kReleasePause);
    }
  }

  // Gives the SFTP channel up, for a server that allows only one. False where there was none.
  bool release_sftp(const Watch& watch);

  Failure dropped(Stage stage);
  std::string last_error() const;

 private:
  explicit Session(Socket socket) noexcept;
  Outcome<void> handshake(const std::vector<std::string>& host_key_types, const Watch& watch);
  Outcome<void> wait(Stage stage, const Watch& watch);
  Failure explain_handshake(int code);
  Outcome<bool> try_key(const Credentials& credentials, const Watch& watch);
  Outcome<bool> try_password(const Credentials& credentials, const Watch& watch);
  static bool is_fatal(int code) noexcept;
  // Whether a call failed because the server opens no further channel.
  bool channel_refused(int code) const;
  static ssize_t receive(libssh2_socket_t socket, void* buffer, size_t length, int flags, void** abstract);

  Socket socket_;
  LIBSSH2_SESSION* raw_ = nullptr;
  LIBSSH2_SFTP* sftp_ = nullptr;
  bool sftp_missing_ = false;
  bool broken_ = false;
  bool in_handshake_ = true;
  const Credentials* answering_ = nullptr;  // while keyboard-interactive asks
  std::string received_;                    // the first bytes in clear, to explain a failed key exchange
  HostKey host_key_;

  friend struct KeyboardAnswer;
};

}  // namespace nexus::servers::ssh
