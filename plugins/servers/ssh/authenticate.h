// How a session logs in: with a key, else with a password, in as few attempts as can be, because servers count them.
#pragma once

#include "ssh/credentials.h"
#include "ssh/outcome.h"
#include "ssh/questions.h"

#include <libssh2.h>

#include <cstddef>
#include <string>
#include <vector>

namespace nexus::servers::ssh {

// A call of libssh2 in many parts that never waits. Used by one thread at a time; must outlive the last step that
// answered LIBSSH2_ERROR_EAGAIN, because libssh2 keeps pointers into it.
class Authentication {
 public:
  // Both must outlive it.
  Authentication(LIBSSH2_SESSION* session, const Credentials& credentials);
  Authentication(const Authentication&) = delete;
  Authentication& operator=(const Authentication&) = delete;

  // There is something to log in with.
  static bool possible(const Credentials& credentials) {
    return credentials.key.has_value() || !credentials.password.empty();
  }

  // To be repeated until it no longer answers LIBSSH2_ERROR_EAGAIN: 0 for logged in,
  // LIBSSH2_ERROR_AUTHENTICATION_FAILED where the server takes nothing of what there is, or what broke the session.
  int step();

 private:
  enum class Way { key, list, password, keyboard, none };
  struct Signer {
    const PrivateKey* key;
    std::string algorithm;
  };

  static int sign(LIBSSH2_SESSION* session, unsigned char** signature, std::size_t* size, const unsigned char* data,
                  std::size_t data_size, void** abstract);
  static void disconnected(LIBSSH2_SESSION* session, int reason, const char* message, int message_size,
                           const char* language, int language_size, void** abstract);
  static void asked(const char* name, int name_size, const char* instruction, int instruction_size, int count,
                    const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompts, LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses,
                    void** abstract);
  static ssize_t send_nothing(libssh2_socket_t socket, const void* buffer, std::size_t size, int flags,
                              void** abstract);
  void listen() noexcept;
  int attempt();
  int try_key();
  int ask_for_methods();
  int try_password();
  int try_keyboard();
  void next_way();

  LIBSSH2_SESSION* session_;
  const Credentials& credentials_;
  Way way_ = Way::none;
  std::vector<std::string> algorithms_;  // that are still to be tried with the key, the next one last
  std::string blob_;
  Signer signer_{};
  void* abstract_ = nullptr;
  std::string methods_;  // what the server says that it takes
  Questions questions_;
  bool gave_up_ = false;  // nothing more is sent on the session
  bool listening_ = false;
  bool thrown_out_ = false;  // the server ended the session because of too many attempts
};

// Whether the session is of no more use after a call that ended so.
bool breaks_session(int code) noexcept;

}  // namespace nexus::servers::ssh
