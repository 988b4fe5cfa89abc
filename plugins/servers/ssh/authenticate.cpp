#include "ssh/authenticate.h"

#include "ssh/libssh2_session.h"
#include "ssh/wire.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace nexus::servers::ssh {
namespace {

// The blob under another leading name: libssh2 1.10 takes the signature algorithm from there, and for "ssh-rsa" that is
// SHA-1, which servers refuse.
std::string renamed_blob(const PrivateKey& key, std::string_view algorithm) {
  WireReader reader(key.public_blob());
  reader.string();
  std::string blob;
  put_string(blob, algorithm);
  blob += reader.rest();
  return blob;
}

bool offers(std::string_view methods, std::string_view name) {
  for (std::size_t at = 0; at < methods.size();) {
    const auto end = std::min(methods.find(',', at), methods.size());
    if (methods.substr(at, end - at) == name) return true;
    at = end + 1;
  }
  return false;
}

// SSH_DISCONNECT_PROTOCOL_ERROR, as OpenSSH says it, and SSH_DISCONNECT_NO_MORE_AUTH_METHODS_AVAILABLE.
constexpr int kProtocolError = 2;
constexpr int kNoMoreMethods = 14;

// Whose call runs on this thread. The session's own pointer belongs to whoever reads its socket.
thread_local Authentication* attempting = nullptr;

bool put_answer(LIBSSH2_USERAUTH_KBDINT_RESPONSE& response, std::string_view password) {
  // libssh2 frees it.
  response.text = static_cast<char*>(std::malloc(password.size() + 1));
  if (response.text == nullptr) return false;
  std::memcpy(response.text, password.data(), password.size());
  response.length = static_cast<unsigned>(password.size());
  return true;
}

}  // namespace

bool breaks_session(int code) noexcept {
  switch (code) {
    case LIBSSH2_ERROR_SOCKET_SEND:
    case LIBSSH2_ERROR_SOCKET_DISCONNECT:
    case LIBSSH2_ERROR_SOCKET_RECV:
    case LIBSSH2_ERROR_SOCKET_TIMEOUT:
    case LIBSSH2_ERROR_BAD_USE: return true;
    default: return false;
  }
}

Authentication::Authentication(LIBSSH2_SESSION* session, const Credentials& credentials)
    : session_(session), credentials_(credentials) {
  if (credentials.key) {
    way_ = Way::key;
    algorithms_ = {credentials.key->type()};
    if (credentials.key->is_rsa()) algorithms_ = {"rsa-sha2-256", "rsa-sha2-512"};
  } else if (!credentials.password.empty()) {
    way_ = Way::list;
  }
}

void Authentication::disconnected(LIBSSH2_SESSION* /*session*/, int reason, const char* /*message*/,
                                  int /*message_size*/, const char* /*language*/, int /*language_size*/,
                                  void** /*abstract*/) {
  if (attempting != nullptr) attempting->thrown_out_ = reason == kProtocolError || reason == kNoMoreMethods;
}

void Authentication::listen() noexcept {
  set_callback(session_, LIBSSH2_CALLBACK_DISCONNECT, &Authentication::disconnected);
  listening_ = true;
}

int Authentication::step() {
  if (!listening_) listen();
  while (way_ != Way::none) {
    attempting = this;
    const int code = attempt();
    attempting = nullptr;
    if (thrown_out_ || gave_up_) return LIBSSH2_ERROR_AUTHENTICATION_FAILED;
    if (code == LIBSSH2_ERROR_EAGAIN || breaks_session(code)) return code;
    if (code == 0 && way_ != Way::list) return 0;
    if (way_ == Way::list && libssh2_userauth_authenticated(session_) != 0) return 0;
    next_way();
  }
  return LIBSSH2_ERROR_AUTHENTICATION_FAILED;
}

int Authentication::attempt() {
  switch (way_) {
    case Way::key: return try_key();
    case Way::list: return ask_for_methods();
    case Way::password: return try_password();
    case Way::keyboard: return try_keyboard();
    case Way::none: break;
  }
  return LIBSSH2_ERROR_AUTHENTICATION_FAILED;
}

void Authentication::next_way() {
  blob_.clear();
  if (way_ == Way::key) {
    algorithms_.pop_back();
    if (!algorithms_.empty()) return;
    way_ = credentials_.password.empty() ? Way::none : Way::list;
  } else if (way_ == Way::list) {
    way_ = offers(methods_, "password")               ? Way::password
           : offers(methods_, "keyboard-interactive") ? Way::keyboard
                                                      : Way::none;
  } else {
    way_ = Way::none;
  }
}

int Authentication::try_key() {
  if (blob_.empty()) {
    signer_ = {&*credentials_.key, algorithms_.back()};
    blob_ = renamed_blob(*credentials_.key, signer_.algorithm);
    abstract_ = &signer_;
  }
  return libssh2_userauth_publickey(session_, credentials_.user.c_str(),
                                    reinterpret_cast<const unsigned char*>(blob_.data()), blob_.size(), &sign,
                                    &abstract_);
}

// libssh2 calls it with what is to be signed, frees the result with free() and puts the algorithm's name in front.
int Authentication::sign(LIBSSH2_SESSION* /*session*/, unsigned char** signature, std::size_t* size,
                         const unsigned char* data, std::size_t data_size, void** abstract) {
  const auto& signer = *static_cast<const Signer*>(*abstract);
  const auto made = signer.key->sign(signer.algorithm, {reinterpret_cast<const char*>(data), data_size});
  if (made.empty()) return -1;
  *signature = static_cast<unsigned char*>(std::malloc(made.size()));
  if (*signature == nullptr) return -1;
  std::memcpy(*signature, made.data(), made.size());
  *size = made.size();
  return 0;
}

int Authentication::ask_for_methods() {
  const char* list =
      libssh2_userauth_list(session_, credentials_.user.c_str(), static_cast<unsigned>(credentials_.user.size()));
  if (list == nullptr) return libssh2_session_last_errno(session_);
  methods_ = list;  // libssh2 reuses its own at the next call
  return 0;
}

int Authentication::try_password() {
  const auto& user = credentials_.user;
  const auto password = credentials_.password.view();
  return libssh2_userauth_password_ex(session_, user.c_str(), static_cast<unsigned>(user.size()), password.data(),
                                      static_cast<unsigned>(password.size()), nullptr);
}

int Authentication::try_keyboard() {
  const auto& user = credentials_.user;
  return libssh2_userauth_keyboard_interactive_ex(session_, user.c_str(), static_cast<unsigned>(user.size()), &asked);
}

// libssh2 sends whatever answers stand there when this returns, and asks again for as long as the server does: only a
// session that sends nothing more ends that.
void Authentication::asked(const char* /*name*/, int /*name_size*/, const char* /*instruction*/,
                           int /*instruction_size*/, int count, const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompts,
                           LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** /*abstract*/) {
  if (attempting == nullptr) return;
  auto& self = *attempting;
  const auto reply = self.questions_.next(count, count > 0 && prompts[0].echo == 0);
  if (reply == Questions::Reply::nothing) return;
  if (reply == Questions::Reply::password && put_answer(responses[0], self.credentials_.password.view())) return;
  self.gave_up_ = true;
  set_callback(self.session_, LIBSSH2_CALLBACK_SEND, &Authentication::send_nothing);
}

ssize_t Authentication::send_nothing(libssh2_socket_t /*socket*/, const void* /*buffer*/, std::size_t /*size*/,
                                     int /*flags*/, void** /*abstract*/) {
  return -EPIPE;
}

}  // namespace nexus::servers::ssh
