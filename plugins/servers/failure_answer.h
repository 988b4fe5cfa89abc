// What callers are told about work over SSH that failed.
#pragma once

#include "ssh/outcome.h"

#include <nexus/cpp/json.h>

namespace nexus::servers {

// The catalogue's sentence about a fault.
std::string message_key(ssh::Fault fault);

// {"type", "fingerprint", "status"}
Json to_json(const ssh::HostKeyReport& report);

// 40902 where the host key changed, 50401 where time ran out, 50301 where the panel is too busy, else 50201; with the
// members `stage`, `error` and, where it is known, `host_key`.
Error to_error(const ssh::Failure& failure);

}  // namespace nexus::servers
