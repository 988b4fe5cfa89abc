// The signing keys of a running panel: one signs, those before it verify until every token of theirs is over.
#pragma once

#include "settings.h"
#include "token_codec.h"

#include <nexus/cpp/call.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

// What may be told of a key; times in microseconds since the epoch.
struct KeyFacts {
  std::string kid;
  std::int64_t created_us = 0;
  std::optional<std::int64_t> retires_us;  // absent: it signs
};

// Newest first. A key that was replaced verifies for the whole life of a session opened just before, and so logs nobody
// out.
std::vector<KeyFacts> key_facts(const KeyRing& keys, std::int64_t session_absolute_seconds);

// Thread-safe. The codec is swapped as a whole; whoever has one goes on with it.
class SigningKeys {
 public:
  // A token of an unknown key makes the panel read its keys again, but only so often: anybody can make up such tokens.
  static constexpr std::int64_t kLearnIntervalUs = 10'000'000;

  // Reads the keys, or makes the first. Fails, and changes nothing, where one cannot be opened.
  Result<void> load(Call& call);
  // After load.
  std::shared_ptr<const TokenCodec> codec() const;

  // Whether the keys were read again because of `token`, whose key another process may have made.
  bool learn(Call& call, std::string_view token);
  // A new key signs from now on.
  Result<void> rotate(Call& call);
  // Rotates where the newest key has signed for its time, removes what has retired, and reads what others have made.
  Result<void> keep_up(Call& call, const Settings& settings);

 private:
  Result<void> rotate_locked(Call& call);

  std::mutex writing_;  // of keys in the database, and reading them again
  mutable std::mutex mutex_;
  std::shared_ptr<const TokenCodec> codec_;
  std::int64_t next_learn_us_ = 0;  // monotonic
};

}  // namespace nexus::auth
