// The rules about sessions and their tokens.
#pragma once

#include "session_store.h"
#include "settings.h"
#include "token_codec.h"

#include <nexus/cpp/contracts/credentials.h>
#include <nexus/cpp/result.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

// Where a login came from.
struct Client {
  std::string remote_address;
  std::string user_agent;
};

struct Tokens {
  std::string access;
  std::string refresh;          // empty where the old one stays good
  std::int64_t expires_in = 0;  // of the access token, seconds
};

// An access token and the session behind it.
struct Authenticated {
  Claims claims;
  Session session;
};

struct SessionList {
  std::vector<Session> sessions;
  std::int64_t total = 0;
};

// Whether `user` may go on with a session that was opened before `user` became what he is now.
bool may_continue(const Session& session, const contracts::User& user) noexcept;

// `header` as it is kept: printable ASCII, at most 256 bytes.
std::string clean_user_agent(std::string_view header);

// On behalf of one call, at one moment.
class SessionService {
 public:
  // Called with the id of each session that a function below ends or changes, afterwards: what is remembered of it is
  // no longer so.
  using OnChange = std::function<void(std::string_view session_id)>;

  SessionService(SessionStore store, std::shared_ptr<const TokenCodec> codec, const Settings& settings,
                 std::int64_t now_us, OnChange on_change)
      : store_(store),
        codec_(std::move(codec)),
        settings_(settings),
        now_us_(now_us),
        on_change_(std::move(on_change)) {}

  // A new session with both tokens. `authenticated_us` is when the check of the password began: a password that was
  // changed meanwhile ends the session.
  Result<Tokens> open(std::int64_t user_id, const Client& client, std::int64_t authenticated_us) const;

  // Whom an access token stands for: 40002 or 40003 where for nobody.
  Result<Authenticated> authenticate(std::string_view access_token) const;

  // That session of that user: 40002 or 40003 where it is over.
  Result<Session> find(std::string_view session_id, std::int64_t user_id) const;

  // The session of a refresh token: 40002 or 40003 where it has none. A token that was spent before ends its session:
  // it has been copied, and nobody knows who holds the other one.
  Result<Session> find_by_refresh_token(std::string_view refresh_token) const;
  // A new access token for that session, and where `rotate` (or the settings) says so a new refresh token.
  Result<Tokens> renew(const Session& session, bool rotate) const;

  Result<SessionList> list(std::int64_t user_id, std::int64_t limit, std::int64_t offset) const;
  // The session's person has proved who he is once more, at `authenticated_us`.
  Result<void> renew_authentication(std::string_view session_id, std::int64_t authenticated_us) const;
  Result<void> end(std::string_view session_id) const;
  // 40401 where `user_id` has no such session.
  Result<void> end_of_user(std::string_view session_id, std::int64_t user_id) const;

 private:
  std::int64_t now_seconds() const noexcept;
  Result<std::string> access_token(const Session& session) const;
  Result<std::string> refresh_token(const Session& session, const std::string& token_id) const;
  std::int64_t idle_end(const Session& session) const noexcept;

  SessionStore store_;
  std::shared_ptr<const TokenCodec> codec_;
  Settings settings_;
  std::int64_t now_us_;
  OnChange on_change_;
};

}  // namespace nexus::auth
