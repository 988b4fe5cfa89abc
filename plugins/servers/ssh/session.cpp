#include "ssh/session.h"

#include "ssh/kexinit.h"
#include "ssh/methods.h"
#include "ssh/wire.h"

#include <sys/socket.h>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>

namespace nexus::servers::ssh {
namespace {

// Enough for a long greeting and the server's first packet.
constexpr std::size_t kMaxReceivedInClear = 16 * 1024;
// libssh2 frees a session step by step; on a socket that is shut down each step fails at once.
constexpr int kMaxFreeSteps = 1000;

void initialize_once() {
  static std::once_flag once;
  std::call_once(once, [] { libssh2_init(0); });
}

std::string join_names(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

}  // namespace

Session::Session(Socket socket) noexcept : socket_(std::move(socket)) {}

Session::~Session() {
  socket_.shut_down();
  if (raw_ == nullptr) return;
  // Frees the SFTP channel as well.
  for (int i = 0; i < kMaxFreeSteps && libssh2_session_free(raw_) == LIBSSH2_ERROR_EAGAIN; ++i) {
  }
}

Outcome<std::unique_ptr<Session>> Session::open(Socket socket, const std::vector<std::string>& host_key_types,
                                                const Watch& whole) {
  initialize_once();
  std::unique_ptr<Session> session(new Session(std::move(socket)));
  NEXUS_TRY(session->handshake(host_key_types, whole.within(kHandshakeTimeout)));
  return session;
}

Outcome<void> Session::handshake(const std::vector<std::string>& host_key_types, const Watch& watch) {
  raw_ = libssh2_session_init_ex(nullptr, nullptr, nullptr, this);
  if (raw_ == nullptr) return Failure{Stage::connect, Fault::dropped, "out of memory", {}};
  libssh2_session_set_blocking(raw_, 0);
  // libssh2's way to hand over a function is a cast to void*.
  auto* const receiver = &Session::receive;
  void* erased = nullptr;
  static_assert(sizeof erased == sizeof receiver);
  std::memcpy(&erased, &receiver, sizeof erased);
  libssh2_session_callback_set(raw_, LIBSSH2_CALLBACK_RECV, erased);
  const auto wanted = host_key_types.empty() ? std::string(kHostKeyMethods) : join_names(host_key_types);
  if (!set_safe_methods(raw_, wanted)) {
    return Failure{Stage::host_key, Fault::no_common_method, "libssh2 lacks a method", {}};
  }
  auto outcome = run(Stage::connect, watch, [this] {
    socket_.acknowledge_quickly();
    return libssh2_session_handshake(raw_, socket_.descriptor());
  });
  in_handshake_ = false;
  if (!outcome.ok()) return std::move(outcome).error();
  if (outcome.value() != 0) return explain_handshake(outcome.value());
  received_.clear();
  received_.shrink_to_fit();
  std::size_t size = 0;
  int type = 0;
  const char* blob = libssh2_session_hostkey(raw_, &size, &type);
  if (blob == nullptr) return dropped(Stage::host_key);
  host_key_.blob.assign(blob, size);
  host_key_.type = WireReader(host_key_.blob).string().value_or("");
  return {};
}

Failure Session::explain_handshake(int code) {
  broken_ = true;
  const bool not_agreed = code == LIBSSH2_ERROR_KEX_FAILURE || code == LIBSSH2_ERROR_METHOD_NONE ||
                          code == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE;
  if (!not_agreed) return dropped(Stage::connect);
  const auto offer = parse_server_offer(received_);
  const auto fault = offer && only_rsa_host_keys(*offer) ? Fault::only_rsa_host_key : Fault::no_common_method;
  return {Stage::host_key, fault, last_error(), {}};
}

ssize_t Session::receive(libssh2_socket_t socket, void* buffer, size_t length, int flags, void** abstract) {
  auto& session = *static_cast<Session*>(*abstract);
  const auto got = ::recv(socket, buffer, length, flags);
  if (got < 0) return -errno;
  if (got == 0) return session.in_handshake_ ? -ECONNRESET : 0;
  if (session.in_handshake_ && session.received_.size() < kMaxReceivedInClear) {
    session.received_.append(static_cast<const char*>(buffer), static_cast<std::size_t>(got));
  }
  return got;
}

Outcome<void> Session::wait(Stage stage, const Watch& watch) {
  const int directions = libssh2_session_block_directions(raw_);
  short events = 0;
  if ((directions & LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0) events |= POLLOUT;
  if ((directions & LIBSSH2_SESSION_BLOCK_INBOUND) != 0 || events == 0) events |= POLLIN;
  auto ready = socket_.wait(events, stage, watch);
  // A call that was left half done cannot be taken up again.
  if (!ready.ok()) broken_ = true;
  return ready;
}

bool Session::is_fatal(int code) noexcept {
  switch (code) {
    case LIBSSH2_ERROR_SOCKET_SEND:
    case LIBSSH2_ERROR_SOCKET_DISCONNECT:
    case LIBSSH2_ERROR_SOCKET_RECV:
    case LIBSSH2_ERROR_SOCKET_TIMEOUT:
    case LIBSSH2_ERROR_BAD_USE: return true;
    default: return false;
  }
}

bool Session::channel_refused(int code) const {
  // libssh2_sftp_init has the same code for a server without SFTP; only its words differ.
  return code == LIBSSH2_ERROR_CHANNEL_FAILURE && last_error().find("subsystem") == std::string::npos;
}

Failure Session::dropped(Stage stage) {
  broken_ = true;
  return {stage, Fault::dropped, last_error(), {}};
}

std::string Session::last_error() const {
  char* text = nullptr;
  int size = 0;
  const int code = raw_ == nullptr ? 0 : libssh2_session_last_error(raw_, &text, &size, 0);
  return "libssh2 " + std::to_string(code) + ": " + std::string(text == nullptr ? "" : text);
}

Outcome<LIBSSH2_SFTP*> Session::sftp(const Watch& watch) {
  if (sftp_ != nullptr || sftp_missing_) return sftp_;
  int code = 0;
  auto opened = make(
      Stage::exec, watch, [this] { return libssh2_sftp_init(raw_); }, code);
  if (!opened.ok()) return std::move(opened).error();
  sftp_ = opened.value();
  if (sftp_ == nullptr) sftp_missing_ = !channel_refused(code);
  return sftp_;
}

bool Session::release_sftp(const Watch& watch) {
  if (sftp_ == nullptr) return false;
  auto* const sftp = std::exchange(sftp_, nullptr);
  return run(Stage::exec, watch, [&] { return libssh2_sftp_shutdown(sftp); }).ok();
}

}  // namespace nexus::servers::ssh
