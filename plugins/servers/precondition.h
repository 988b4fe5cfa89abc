// What rules ask of If-Match: whether the state that something has is the one that the caller means to change.
#pragma once

#include <nexus/cpp/result.h>

#include <algorithm>
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

// The updated_us of a change: always another, also where the clock stands or went back.
inline std::int64_t moved_on(std::int64_t now_us, std::int64_t before_us) { return std::max(now_us, before_us + 1); }

}  // namespace nexus::servers
