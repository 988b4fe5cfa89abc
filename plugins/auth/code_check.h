// Looks at a code of somebody's second factor.
#pragma once

#include "auth_context.h"

#include <functional>
#include <string>

namespace nexus::auth {

// Whoever gives a wrong code, or gives one for an account that is closed to his address, hears so this long after he
// asked, and in the same words: neither tells him which it was.
inline constexpr std::int64_t kRefusalUs = 250'000;

using CodeDone = std::function<void(Call&, Result<void>)>;

// `done` runs once, on a worker, not always with a child of `call`: without an error where `code` was good (it is spent
// now), with 40001 for a wrong code, which is counted, and for a closed account, whose code is not looked at.
void check_code(const AuthContext& context, Call& call, std::int64_t user_id, std::string code, CodeDone done);

// The refusal alone, `started_us` (monotonic) being when the request began.
void refuse_code(const AuthContext& context, Call& call, std::int64_t started_us, const CodeDone& done);

}  // namespace nexus::auth
