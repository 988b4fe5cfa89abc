#include "ssh/login_handshake.h"

#include "ssh/kexinit.h"
#include "ssh/methods.h"
#include "ssh/wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <mutex>

namespace nexus::servers::ssh {
namespace {

// Enough for a long greeting and the server's first packet.
constexpr std::size_t kMaxReceivedInClear = 16 * 1024;

// Whose step runs on this thread. The session's own pointer belongs to whoever made the session.
thread_local Handshake* stepping = nullptr;

std::string join_names(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

}  // namespace

void initialize_libssh2() {
  static std::once_flag once;
  std::call_once(once, [] { libssh2_init(0); });
}

bool Handshake::prepare(const std::vector<std::string>& host_key_types) {
  const auto wanted = host_key_types.empty() ? std::string(kHostKeyMethods) : join_names(host_key_types);
  if (!set_safe_methods(session_, wanted)) return false;
  // libssh2's way to hand over a function is a cast to void*.
  auto* const receiver = &Handshake::receive;
  void* erased = nullptr;
  static_assert(sizeof erased == sizeof receiver);
  std::memcpy(&erased, &receiver, sizeof erased);
  receiver_before_ = libssh2_session_callback_set(session_, LIBSSH2_CALLBACK_RECV, erased);
  return true;
}

int Handshake::step(int descriptor) {
  // Many small packets: each acknowledgement that waits costs a round trip.
  const int on = 1;
  setsockopt(descriptor, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
  stepping = this;
  const int code = libssh2_session_handshake(session_, descriptor);
  stepping = nullptr;
  if (code != LIBSSH2_ERROR_EAGAIN) {
    libssh2_session_callback_set(session_, LIBSSH2_CALLBACK_RECV, receiver_before_);
  }
  return code;
}

ssize_t Handshake::receive(libssh2_socket_t socket, void* buffer, size_t length, int flags, void** /*abstract*/) {
  const auto got = ::recv(socket, buffer, length, flags);
  if (got < 0) return -errno;
  if (got == 0) return -ECONNRESET;  // libssh2 would ask for the greeting for ever
  if (stepping != nullptr && stepping->received_.size() < kMaxReceivedInClear) {
    stepping->received_.append(static_cast<const char*>(buffer), static_cast<std::size_t>(got));
  }
  return got;
}

HostKey Handshake::host_key() const {
  std::size_t size = 0;
  int type = 0;
  const char* blob = libssh2_session_hostkey(session_, &size, &type);
  if (blob == nullptr) return {};
  HostKey key;
  key.blob.assign(blob, size);
  key.type = WireReader(key.blob).string().value_or("");
  return key;
}

Failure Handshake::explain(int code) const {
  const bool not_agreed = code == LIBSSH2_ERROR_KEX_FAILURE || code == LIBSSH2_ERROR_METHOD_NONE ||
                          code == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE;
  if (!not_agreed) return {Stage::connect, Fault::dropped, last_error_of(session_), {}};
  const auto offer = parse_server_offer(received_);
  const auto fault = offer && only_rsa_host_keys(*offer) ? Fault::only_rsa_host_key : Fault::no_common_method;
  return {Stage::host_key, fault, last_error_of(session_), {}};
}

std::string last_error_of(LIBSSH2_SESSION* session) {
  char* text = nullptr;
  int size = 0;
  const int code = session == nullptr ? 0 : libssh2_session_last_error(session, &text, &size, 0);
  return "libssh2 " + std::to_string(code) + ": " + std::string(text == nullptr ? "" : text);
}

}  // namespace nexus::servers::ssh
