#include "one_time_secrets.h"

#include "random_ids.h"

#include <nexus/cpp/status.h>

namespace nexus::auth {
namespace {

constexpr std::string_view kChallenge = "challenge";
constexpr std::string_view kTicket = "ticket";

}  // namespace

Error challenge_over() { return Error::api(code::kTokenInvalid, "auth.challenge_over"); }

Result<std::string> OneTimeSecrets::issue_challenge(std::int64_t user_id, std::int64_t password_checked_us) const {
  auto secret = random_token();
  NEXUS_TRY(store_.insert({sha256_hex(secret),
                           std::string(kChallenge),
                           user_id,
                           {},
                           0,
                           password_checked_us,
                           now_us_ + kChallengeSeconds * kMicrosecondsPerSecond},
                          kOpenChallenges));
  return secret;
}

Result<OneTime> OneTimeSecrets::try_challenge(std::string_view challenge) const {
  NEXUS_ASSIGN(auto found, store_.find(kChallenge, sha256_hex(challenge), now_us_));
  if (!found) return challenge_over();
  NEXUS_ASSIGN(const bool counted, store_.take_try(found->hash, kChallengeTries, now_us_));
  if (!counted) return challenge_over();
  return *std::move(found);
}

Result<void> OneTimeSecrets::spend_challenge(const OneTime& challenge) const {
  NEXUS_ASSIGN(const bool spent, store_.spend(challenge.hash, now_us_));
  return spent ? Result<void>() : challenge_over();
}

Result<std::string> OneTimeSecrets::issue_ticket(std::int64_t user_id, std::string_view session_id) const {
  auto secret = random_token();
  NEXUS_TRY(store_.insert({sha256_hex(secret), std::string(kTicket), user_id, std::string(session_id), 0, now_us_,
                           now_us_ + kTicketSeconds * kMicrosecondsPerSecond},
                          kOpenTickets));
  return secret;
}

Result<std::optional<OneTime>> OneTimeSecrets::spend_ticket(std::string_view ticket) const {
  NEXUS_ASSIGN(auto found, store_.find(kTicket, sha256_hex(ticket), now_us_));
  if (!found) return found;
  NEXUS_ASSIGN(const bool spent, store_.spend(found->hash, now_us_));
  if (!spent) found.reset();
  return found;
}

}  // namespace nexus::auth
