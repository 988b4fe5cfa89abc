// How a session logs in: with a key, else with a password.
#include "ssh/session.h"
#include "ssh/wire.h"

#include <array>
#include <cstdlib>
#include <cstring>

namespace nexus::servers::ssh {
namespace {

struct Signer {
  const PrivateKey* key;
  std::string algorithm;
};

// libssh2 calls it with what is to be signed, frees the result with free() and puts the algorithm's name in front.
int sign_for_libssh2(LIBSSH2_SESSION* /*session*/, unsigned char** signature, size_t* size, const unsigned char* data,
                     size_t data_size, void** abstract) {
  const auto& signer = *static_cast<const Signer*>(*abstract);
  const auto made = signer.key->sign(signer.algorithm, {reinterpret_cast<const char*>(data), data_size});
  if (made.empty()) return -1;
  *signature = static_cast<unsigned char*>(std::malloc(made.size()));
  if (*signature == nullptr) return -1;
  std::memcpy(*signature, made.data(), made.size());
  *size = made.size();
  return 0;
}

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

}  // namespace

struct KeyboardAnswer {
  // Gives the password to a single hidden question, and nothing to any other.
  static void respond(const char* /*name*/, int /*name_size*/, const char* /*instruction*/, int /*instruction_size*/,
                      int count, const LIBSSH2_USERAUTH_KBDINT_PROMPT* prompts,
                      LIBSSH2_USERAUTH_KBDINT_RESPONSE* responses, void** abstract) {
    const auto& session = *static_cast<const Session*>(*abstract);
    if (count != 1 || prompts[0].echo != 0 || session.answering_ == nullptr) return;
    const auto password = session.answering_->password.view();
    responses[0].text = static_cast<char*>(std::malloc(password.size() + 1));
    if (responses[0].text == nullptr) return;
    std::memcpy(responses[0].text, password.data(), password.size());
    responses[0].length = static_cast<unsigned>(password.size());
  }
};

Outcome<void> Session::authenticate(const Credentials& credentials, const Watch& whole) {
  const auto watch = whole.within(kAuthTimeout);
  if (!credentials.key && credentials.password.empty()) {
    return Failure{Stage::auth, Fault::credentials_missing, "neither key nor password", {}};
  }
  if (credentials.key) {
    const auto accepted = try_key(credentials, watch);
    if (!accepted.ok()) return accepted.error();
    if (accepted.value()) return {};
  }
  if (!credentials.password.empty()) {
    const auto accepted = try_password(credentials, watch);
    if (!accepted.ok()) return accepted.error();
    if (accepted.value()) return {};
  }
  return Failure{Stage::auth, Fault::credentials_refused, last_error(), {}};
}

Outcome<bool> Session::try_key(const Credentials& credentials, const Watch& watch) {
  const auto& key = *credentials.key;
  std::vector<std::string> algorithms{key.type()};
  if (key.is_rsa()) algorithms = {"rsa-sha2-512", "rsa-sha2-256"};
  for (const auto& algorithm : algorithms) {
    const auto blob = renamed_blob(key, algorithm);
    Signer signer{&key, algorithm};
    void* abstract = &signer;
    const auto code = run(Stage::auth, watch, [&] {
      return libssh2_userauth_publickey(raw_, credentials.user.c_str(),
                                        reinterpret_cast<const unsigned char*>(blob.data()), blob.size(),
                                        &sign_for_libssh2, &abstract);
    });
    if (!code.ok()) return code.error();
    if (code.value() == 0) return true;
  }
  return false;
}

Outcome<bool> Session::try_password(const Credentials& credentials, const Watch& watch) {
  const auto& user = credentials.user;
  const auto user_size = static_cast<unsigned>(user.size());
  char* list = nullptr;
  const auto listed = run(Stage::auth, watch, [&] {
    list = libssh2_userauth_list(raw_, user.c_str(), user_size);
    return list == nullptr ? libssh2_session_last_errno(raw_) : 0;
  });
  if (!listed.ok()) return listed.error();
  if (list == nullptr) return libssh2_userauth_authenticated(raw_) != 0;
  const std::string methods(list);  // libssh2 reuses its own at the next call
  if (offers(methods, "password")) {
    const auto code = run(Stage::auth, watch, [&] {
      return libssh2_userauth_password_ex(raw_, user.c_str(), user_size, credentials.password.view().data(),
                                          static_cast<unsigned>(credentials.password.view().size()), nullptr);
    });
    if (!code.ok()) return code.error();
    if (code.value() == 0) return true;
  } else if (offers(methods, "keyboard-interactive")) {
    answering_ = &credentials;
    const auto code = run(Stage::auth, watch, [&] {
      return libssh2_userauth_keyboard_interactive_ex(raw_, user.c_str(), user_size, &KeyboardAnswer::respond);
    });
    answering_ = nullptr;
    if (!code.ok()) return code.error();
    if (code.value() == 0) return true;
  }
  return false;
}

}  // namespace nexus::servers::ssh
