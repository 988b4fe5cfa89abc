// Challenges (a password was right, the second factor is still to come) and tickets (that open one WebSocket). Neither
// is a bearer token, and no bearer token is one of them.
#pragma once

#include "one_time_store.h"

#include <nexus/cpp/time.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace nexus::auth {

// Long enough to find the phone.
inline constexpr std::int64_t kChallengeSeconds = 300;
inline constexpr std::int64_t kChallengeTries = 5;
// Whoever logs in so often at the same time is no person.
inline constexpr std::int64_t kOpenChallenges = 10;

// A page asks for a ticket and connects at once.
inline constexpr std::int64_t kTicketSeconds = 30;
// Four times the WebSockets that a person may have.
inline constexpr std::int64_t kOpenTickets = 20;

// The challenge was not there, is over, or was tried too often: 40003.
Error challenge_over();

// On behalf of one call, at one moment. Answers carry the secret; the database has only its hash.
class OneTimeSecrets {
 public:
  OneTimeSecrets(OneTimeStore store, std::int64_t now_us) noexcept : store_(store), now_us_(now_us) {}

  // `password_checked_us`: when the check of the password began.
  Result<std::string> issue_challenge(std::int64_t user_id, std::int64_t password_checked_us) const;
  // Counts one of its tries.
  Result<OneTime> try_challenge(std::string_view challenge) const;
  // After the right code; 40003 where another use of the challenge was quicker.
  Result<void> spend_challenge(const OneTime& challenge) const;

  Result<std::string> issue_ticket(std::int64_t user_id, std::string_view session_id) const;
  // Whose it was. nullopt where it is over, or was used.
  Result<std::optional<OneTime>> spend_ticket(std::string_view ticket) const;

 private:
  OneTimeStore store_;
  std::int64_t now_us_;
};

}  // namespace nexus::auth
