// Accounts as the API shows them, and as the audit trail keeps what was done to them.
#pragma once

#include "user_service.h"

#include <nexus/cpp/http.h>
#include <nexus/cpp/json.h>

namespace nexus::users {

Json summary(const User& user);
Json detail(const User& user);

// {"user": detail}, with the ETag that an If-Match may name.
Response user_answer(const User& user);

// The note of something done to an account. `details` must hold no secret.
AuditNote audit_note(std::int64_t user_id, const Json& details);
// {"role": {"from": "user", "to": "admin"}}, of the members that are not what they were.
Json differences(const ChangedUser& changed);

}  // namespace nexus::users
