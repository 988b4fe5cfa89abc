#include "ssh/libssh2_session.h"

#include <mutex>

namespace nexus::servers::ssh {

void initialize_libssh2() {
  static std::once_flag once;
  std::call_once(once, [] { libssh2_init(0); });
}

std::string last_error_of(LIBSSH2_SESSION* session) {
  char* text = nullptr;
  int size = 0;
  const int code = session == nullptr ? 0 : libssh2_session_last_error(session, &text, &size, 0);
  return "libssh2 " + std::to_string(code) + ": " + std::string(text == nullptr ? "" : text);
}

int failure_code(LIBSSH2_SESSION* session) noexcept {
  const int code = libssh2_session_last_errno(session);
  return code == 0 ? LIBSSH2_ERROR_PROTO : code;
}

}  // namespace nexus::servers::ssh
