// What callers are told about work over SSH that failed.
#pragma once

#include "ssh/outcome.h"

#include <nexus/cpp/json.h>

namespace nexus::servers {

// Of a server whose jump host failed, in place of the fault, which is that one's.
inline constexpr std::string_view kJumpHostUnreachable = "jump_host_unreachable";

// What failed, in a word that is part of the API.
std::string_view error_word(const ssh::Failure& failure) noexcept;
// The catalogue's sentence about it, and about a fault.
std::string message_key(const ssh::Failure& failure);
std::string message_key(ssh::Fault fault);

// {"type", "fingerprint", "status"}
Json to_json(const ssh::HostKeyReport& report);

// 40902 where the host key changed, 50401 where time ran out, 50301 where the panel is too busy, else 50201; with the
// members `stage`, `error` and, where they are known, `host_key` and `jump_host`. The latter has the fault as its
// `error`, and names nobody: not everybody who hears of it sees the jump host.
Error to_error(const ssh::Failure& failure);

}  // namespace nexus::servers
