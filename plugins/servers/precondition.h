// What rules ask of If-Match: whether the state that something has is the one that the caller means to change.
#pragma once

#include <nexus/cpp/result.h>

#include <cstdint>
#include <functional>

namespace nexus::servers {

// Told the number that the state's ETag is made of. Empty: any state will do.
using Precondition = std::function<bool(std::int64_t state)>;

// 40901 where it is another one. To be asked in the transaction that makes the change.
inline Result<void> require(const Precondition& wanted, std::int64_t state) {
  if (!wanted || wanted(state)) return {};
  return Error::api(code::kExists, "servers.changed_meanwhile");
}

}  // namespace nexus::servers
