// auth_sessions: SQL and nothing else.
#pragma once

#include <nexus/cpp/db.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

// Times in microseconds since the epoch.
struct Session {
  std::string id;
  std::int64_t user_id = 0;
  std::string refresh_hash;  // SHA-256 of the id of the refresh token that is good now
  std::int64_t created_us = 0;
  std::int64_t authenticated_us = 0;  // when the password was last checked
  std::int64_t last_used_us = 0;
  std::int64_t expires_us = 0;   // unless it is refreshed before
  std::int64_t absolute_us = 0;  // whatever happens
  std::string remote_address;
  std::string user_agent;
  bool revoked = false;
};

// A use of a session's refresh token.
struct Refresh {
  std::string session_id;
  std::string spent_hash;  // what must be good now
  std::string next_hash;   // what is good afterwards; the same unless the token is rotated
  std::int64_t now_us = 0;
  std::int64_t expires_us = 0;
};

// On behalf of one call; every function blocks.
class SessionStore {
 public:
  explicit SessionStore(Call& call) noexcept : sql_(call) {}

  Result<void> insert(const Session& session) const;
  Result<std::optional<Session>> find(std::string_view id) const;
  // False, and nothing changed, where the session is over or another use of the token was quicker.
  Result<bool> refresh(const Refresh& use) const;
  // Unless it is over, or was authenticated later. The time never goes back.
  Result<void> set_authenticated(std::string_view id, std::int64_t authenticated_us) const;
  // Revoke sessions that go on; answer how many did.
  Result<std::int64_t> revoke(std::string_view id, std::int64_t now_us) const;
  Result<std::int64_t> revoke_of_user(std::string_view id, std::int64_t user_id, std::int64_t now_us) const;
  Result<std::int64_t> revoke_all(std::int64_t user_id, std::int64_t now_us) const;
  Result<std::int64_t> revoke_others(std::int64_t user_id, std::string_view kept_id, std::int64_t now_us) const;
  Result<std::int64_t> revoke_older(std::int64_t user_id, std::int64_t authenticated_before_us,
                                    std::int64_t now_us) const;
  // Sessions of a user that go on, the last used first.
  Result<std::vector<Session>> list(std::int64_t user_id, std::int64_t now_us, std::int64_t limit,
                                    std::int64_t offset) const;
  Result<std::int64_t> count(std::int64_t user_id, std::int64_t now_us) const;
  // Removes up to `limit` sessions that ended before `ended_before_us`; answers how many.
  Result<std::int64_t> remove_ended(std::int64_t ended_before_us, std::int64_t limit) const;

 private:
  Result<std::int64_t> affected(Result<ExecResult> done) const;

  Sql sql_;
};

}  // namespace nexus::auth
