#include "failure_answer.h"

namespace nexus::servers {
namespace {

std::int32_t code_of(const ssh::Failure& failure) {
  switch (failure.fault) {
    case ssh::Fault::host_key_changed: return failure.jump_host ? code::kSshFailed : code::kHostKeyChanged;
    case ssh::Fault::timed_out: return code::kRemoteTimeout;
    case ssh::Fault::busy:
    case ssh::Fault::cancelled:
    case ssh::Fault::host_key_unchecked: return code::kUnavailable;
    default: return code::kSshFailed;
  }
}

}  // namespace

std::string_view error_word(const ssh::Failure& failure) noexcept {
  return failure.jump_host ? kJumpHostUnreachable : to_string(failure.fault);
}

std::string message_key(const ssh::Failure& failure) { return "servers.ssh_" + std::string(error_word(failure)); }

std::string message_key(ssh::Fault fault) { return "servers.ssh_" + std::string(to_string(fault)); }

Json to_json(const ssh::HostKeyReport& report) {
  return {{"type", report.type}, {"fingerprint", report.fingerprint}, {"status", report.status}};
}

Error to_error(const ssh::Failure& failure) {
  Json extra = {{"stage", to_string(failure.stage)}, {"error", error_word(failure)}};
  if (failure.jump_host) extra["jump_host"] = {{"error", to_string(failure.fault)}};
  if (failure.host_key) extra["host_key"] = to_json(*failure.host_key);
  return Error::api(code_of(failure), message_key(failure))
      .with_extra(dump(extra))
      .because(std::string(to_string(failure.stage)) + ": " + failure.reason);
}

}  // namespace nexus::servers
