#include "ssh/libssh2_session.h"

#include <sys/mman.h>

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <mutex>

namespace nexus::servers::ssh {
namespace {

// Pages that hold nothing but zeros, inside of memory of malloc's: they read as zeros afterwards as well.
void give_back_empty_pages(char* memory, std::size_t size) noexcept {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto offset = reinterpret_cast<std::uintptr_t>(memory) % page;
  for (auto at = offset == 0 ? 0 : page - offset; at + page <= size; at += page) {
    const bool is_empty = std::all_of(memory + at, memory + at + page, [](char byte) { return byte == 0; });
    if (is_empty) ::madvise(memory + at, page, MADV_DONTNEED);
  }
}

}  // namespace

LIBSSH2_SESSION* make_session(void* user) noexcept {
  auto* session = libssh2_session_init_ex(nullptr, nullptr, nullptr, user);
  // What libssh2 hands out is what malloc answered.
  if (session != nullptr) give_back_empty_pages(reinterpret_cast<char*>(session), ::malloc_usable_size(session));
  return session;
}

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
