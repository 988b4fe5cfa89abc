#include "ssh/outcome.h"

namespace nexus::servers::ssh {

std::string_view to_string(Stage stage) noexcept {
  switch (stage) {
    case Stage::resolve: return "resolve";
    case Stage::connect: return "connect";
    case Stage::host_key: return "host_key";
    case Stage::auth: return "auth";
    case Stage::exec: return "exec";
  }
  return "exec";
}

std::string_view to_string(Fault fault) noexcept {
  switch (fault) {
    case Fault::name_not_found: return "name_not_found";
    case Fault::refused: return "refused";
    case Fault::unreachable: return "unreachable";
    case Fault::timed_out: return "timed_out";
    case Fault::cancelled: return "cancelled";
    case Fault::dropped: return "dropped";
    case Fault::no_common_method: return "no_common_method";
    case Fault::only_rsa_host_key: return "only_rsa_host_key";
    case Fault::host_key_unknown: return "host_key_unknown";
    case Fault::host_key_changed: return "host_key_changed";
    case Fault::host_key_unchecked: return "host_key_unchecked";
    case Fault::credentials_refused: return "credentials_refused";
    case Fault::credentials_missing: return "credentials_missing";
    case Fault::held_back: return "held_back";
    case Fault::no_channel: return "no_channel";
    case Fault::no_shell: return "no_shell";
    case Fault::no_file: return "no_file";
    case Fault::busy: return "busy";
  }
  return "dropped";
}

}  // namespace nexus::servers::ssh
