#include "session_service.h"

#include "random_ids.h"

#include <nexus/cpp/time.h>

#include <algorithm>

namespace nexus::auth {
namespace {

constexpr std::size_t kMaxUserAgentBytes = 256;
constexpr std::size_t kMaxAddressBytes = 64;

}  // namespace

bool may_continue(const Session& session, const contracts::User& user) noexcept {
  return user.active() && session.authenticated_us >= user.password_changed_us;
}

std::string clean_user_agent(std::string_view header) {
  std::string text(header.substr(0, kMaxUserAgentBytes));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::int64_t SessionService::now_seconds() const noexcept { return now_us_ / kMicrosecondsPerSecond; }

std::int64_t SessionService::idle_end(const Session& session) const noexcept {
  return std::min(now_us_ + settings_.refresh_token * kMicrosecondsPerSecond, session.absolute_us);
}

Result<Tokens> SessionService::open(std::int64_t user_id, const Client& client, std::int64_t authenticated_us) const {
  const auto token_id = random_hex(kRefreshIdBytes);
  Session session;
  session.id = random_hex(kSessionIdBytes);
  session.user_id = user_id;
  session.refresh_hash = sha256_hex(token_id);
  session.created_us = session.last_used_us = now_us_;
  session.authenticated_us = authenticated_us;
  session.absolute_us = now_us_ + settings_.session_absolute * kMicrosecondsPerSecond;
  session.expires_us = idle_end(session);
  session.remote_address = client.remote_address.substr(0, kMaxAddressBytes);
  session.user_agent = clean_user_agent(client.user_agent);
  NEXUS_TRY(store_.insert(session));
  NEXUS_ASSIGN(auto access, access_token(session));
  NEXUS_ASSIGN(auto refresh, refresh_token(session, token_id));
  return Tokens{std::move(access), std::move(refresh), settings_.access_token};
}

Result<Authenticated> SessionService::authenticate(std::string_view token) const {
  NEXUS_ASSIGN(auto claims, codec_->verify(token, TokenUse::access, now_seconds()));
  NEXUS_ASSIGN(auto session, find(claims.session_id, claims.user_id));
  return Authenticated{std::move(claims), std::move(session)};
}

Result<Session> SessionService::find(std::string_view session_id, std::int64_t user_id) const {
  NEXUS_ASSIGN(auto session, store_.find(session_id));
  if (!session || session->user_id != user_id || session->revoked) return token_invalid();
  if (session->expires_us <= now_us_) return token_expired();
  return *std::move(session);
}

Result<Session> SessionService::find_by_refresh_token(std::string_view token) const {
  NEXUS_ASSIGN(const auto claims, codec_->verify(token, TokenUse::refresh, now_seconds()));
  NEXUS_ASSIGN(auto session, find(claims.session_id, claims.user_id));
  // signed for this session, and not the one that is good now: it was, and has been spent
  if (sha256_hex(claims.token_id) != session.refresh_hash) {
    NEXUS_TRY(end(session.id));
    return token_invalid();
  }
  return session;
}

Result<Tokens> SessionService::renew(const Session& session, bool rotate) const {
  rotate = rotate || settings_.rotation_required;
  const auto token_id = rotate ? random_hex(kRefreshIdBytes) : std::string();
  Refresh use{session.id, session.refresh_hash, rotate ? sha256_hex(token_id) : session.refresh_hash, now_us_,
              idle_end(session)};
  NEXUS_ASSIGN(const bool done, store_.refresh(use));
  if (!done) {
    // somebody else spent the token between our reading it and now
    NEXUS_TRY(end(session.id));
    return token_invalid();
  }
  Tokens tokens;
  tokens.expires_in = settings_.access_token;
  NEXUS_ASSIGN(tokens.access, access_token(session));
  if (rotate) {
    NEXUS_ASSIGN(tokens.refresh, refresh_token(session, token_id));
  }
  return tokens;
}

Result<SessionList> SessionService::list(std::int64_t user_id, std::int64_t limit, std::int64_t offset) const {
  SessionList list;
  NEXUS_ASSIGN(list.total, store_.count(user_id, now_us_));
  NEXUS_ASSIGN(list.sessions, store_.list(user_id, now_us_, limit, offset));
  return list;
}

Result<void> SessionService::renew_authentication(std::string_view session_id, std::int64_t authenticated_us) const {
  NEXUS_TRY(store_.set_authenticated(session_id, authenticated_us));
  on_change_(session_id);
  return {};
}

Result<void> SessionService::end(std::string_view session_id) const {
  NEXUS_TRY(store_.revoke(session_id, now_us_));
  on_change_(session_id);
  return {};
}

Result<void> SessionService::end_of_user(std::string_view session_id, std::int64_t user_id) const {
  NEXUS_ASSIGN(const auto ended, store_.revoke_of_user(session_id, user_id, now_us_));
  if (ended == 0) return Error::api(code::kNotFound);
  on_change_(session_id);
  return {};
}

Result<std::string> SessionService::access_token(const Session& session) const {
  const auto end = std::min(now_seconds() + settings_.access_token, session.absolute_us / kMicrosecondsPerSecond);
  return codec_->issue(
      {TokenUse::access, session.user_id, session.id, random_hex(kSessionIdBytes), now_seconds(), end});
}

// Its own end is the session's last moment; that it may lie unused only so long is the session's row to say.
Result<std::string> SessionService::refresh_token(const Session& session, const std::string& token_id) const {
  return codec_->issue({TokenUse::refresh, session.user_id, session.id, token_id, now_seconds(),
                        session.absolute_us / kMicrosecondsPerSecond});
}

}  // namespace nexus::auth
