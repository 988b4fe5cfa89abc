// auth_one_time: secrets that are good once and soon over. SQL and nothing else.
#pragma once

#include <nexus/cpp/db.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nexus::auth {

// Times in microseconds since the epoch.
struct OneTime {
  std::string hash;  // SHA-256 of the secret
  std::string kind;
  std::int64_t user_id = 0;
  std::string session_id;  // empty where there is none yet
  std::int64_t tries = 0;
  std::int64_t created_us = 0;
  std::int64_t expires_us = 0;
};

// On behalf of one call; every function blocks.
class OneTimeStore {
 public:
  explicit OneTimeStore(Call& call) noexcept : sql_(call) {}

  // Of that user's secrets of that kind the newest `most` stay.
  Result<void> insert(const OneTime& secret, std::int64_t most) const;
  // nullopt where it is over.
  Result<std::optional<OneTime>> find(std::string_view kind, std::string_view hash, std::int64_t now_us) const;
  // Counts a try; false where it is over or was tried `most` times.
  Result<bool> take_try(std::string_view hash, std::int64_t most, std::int64_t now_us) const;
  // Takes it away; false where it is over, or another use of it was quicker.
  Result<bool> spend(std::string_view hash, std::int64_t now_us) const;
  // Removes up to `limit` that are over; answers how many.
  Result<std::int64_t> remove_expired(std::int64_t now_us, std::int64_t limit) const;

 private:
  Sql sql_;
};

}  // namespace nexus::auth
