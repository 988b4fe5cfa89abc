#include "failure_answer.h"

namespace nexus::servers {
namespace {

std::int32_t code_of(ssh::Fault fault) {
  switch (fault) {
    case ssh::Fault::host_key_changed: return code::kHostKeyChanged;
    case ssh::Fault::timed_out: return code::kRemoteTimeout;
    case ssh::Fault::busy:
    case ssh::Fault::cancelled:
    case ssh::Fault::host_key_unchecked: return code::kUnavailable;
    default: return code::kSshFailed;
  }
}

}  // namespace

std::string message_key(ssh::Fault fault) { return "servers.ssh_" + std::string(to_string(fault)); }

Json to_json(const ssh::HostKeyReport& report) {
  return {{"type", report.type}, {"fingerprint", report.fingerprint}, {"status", report.status}};
}

Error to_error(const ssh::Failure& failure) {
  Json extra = {{"stage", to_string(failure.stage)}, {"error", to_string(failure.fault)}};
  if (failure.host_key) extra["host_key"] = to_json(*failure.host_key);
  return Error::api(code_of(failure.fault), message_key(failure.fault))
      .with_extra(dump(extra))
      .because(std::string(to_string(failure.stage)) + ": " + failure.reason);
}

}  // namespace nexus::servers
