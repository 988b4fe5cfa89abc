#include "ssh/login_handshake.h"

#include "ssh/kexinit.h"
#include "ssh/methods.h"
#include "ssh/wire.h"

namespace nexus::servers::ssh {
namespace {

// Enough for a long greeting and the server's first packet.
constexpr std::size_t kMaxReceivedInClear = 16 * 1024;

std::string join_names(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ",") + name;
  return out;
}

}  // namespace

bool Handshake::prepare(const std::vector<std::string>& host_key_types) {
  const auto wanted = host_key_types.empty() ? std::string(kHostKeyMethods) : join_names(host_key_types);
  if (!set_safe_methods(session_.raw(), wanted)) return false;
  session_.keep_received(kMaxReceivedInClear);
  return true;
}

int Handshake::step() {
  const int code = libssh2_session_handshake(session_.raw(), session_.descriptor());
  if (code != LIBSSH2_ERROR_EAGAIN) received_ = session_.take_received();
  return code;
}

HostKey Handshake::host_key() const {
  std::size_t size = 0;
  int type = 0;
  const char* blob = libssh2_session_hostkey(session_.raw(), &size, &type);
  if (blob == nullptr) return {};
  HostKey key;
  key.blob.assign(blob, size);
  key.type = WireReader(key.blob).string().value_or("");
  return key;
}

Failure Handshake::explain(int code) const {
  const bool not_agreed = code == LIBSSH2_ERROR_KEX_FAILURE || code == LIBSSH2_ERROR_METHOD_NONE ||
                          code == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE;
  if (!not_agreed) return {Stage::connect, Fault::dropped, session_.last_error(), {}};
  const auto offer = parse_server_offer(received_);
  const auto fault = offer && only_rsa_host_keys(*offer) ? Fault::only_rsa_host_key : Fault::no_common_method;
  return {Stage::host_key, fault, session_.last_error(), {}};
}

}  // namespace nexus::servers::ssh
