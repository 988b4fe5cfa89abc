// What the code around libssh2's sessions needs of it everywhere.
#pragma once

#include <libssh2.h>

#include <cstring>
#include <string>

namespace nexus::servers::ssh {

// Before the first session is made.
void initialize_libssh2();

// A session that calls nobody back yet; null where there is no memory. It costs what it uses: libssh2 clears two
// buffers of 51 KB together, of which most connections fill a few pages, and those that are still empty go back to the
// kernel.
LIBSSH2_SESSION* make_session(void* user) noexcept;

// "libssh2 -5: ..."
std::string last_error_of(LIBSSH2_SESSION* session);

// The code of a call that answered no object: never 0.
int failure_code(LIBSSH2_SESSION* session) noexcept;

// libssh2 takes a function as a void*.
template <class Result, class... Args>
void set_callback(LIBSSH2_SESSION* session, int which, Result (*function)(Args...)) noexcept {
  void* erased = nullptr;
  static_assert(sizeof erased == sizeof function);
  std::memcpy(&erased, &function, sizeof erased);
  libssh2_session_callback_set(session, which, erased);
}

}  // namespace nexus::servers::ssh
