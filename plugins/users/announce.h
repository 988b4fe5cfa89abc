// Tells the host and the other plugins that an account is no longer what it was. After the commit and before the
// answer, so that whoever got the answer finds the change in force.
#pragma once

#include <nexus/cpp/call.h>

#include <cstdint>

namespace nexus::users {

// The next request of the user is authenticated anew; users.changed/1.
void announce_change(const Call& call, std::int64_t user_id);
// The same, with users.removed/1 before it.
void announce_removal(const Call& call, std::int64_t user_id);

}  // namespace nexus::users
