#include "key_rotation.h"

#include "key_store.h"

#include <nexus/cpp/log.h>
#include <nexus/cpp/time.h>

#include <algorithm>

namespace nexus::auth {

std::vector<KeyFacts> key_facts(const KeyRing& keys, std::int64_t session_absolute_seconds) {
  std::vector<KeyFacts> facts;
  std::optional<std::int64_t> replaced_us;
  for (const auto& key : keys.keys()) {
    std::optional<std::int64_t> retires;
    if (replaced_us) retires = *replaced_us + session_absolute_seconds * kMicrosecondsPerSecond;
    facts.push_back({key.kid, key.created_us, retires});
    replaced_us = key.created_us;
  }
  return facts;
}

Result<void> SigningKeys::load(Call& call) {
  NEXUS_ASSIGN(auto keys, load_keys(call));
  auto codec = std::make_shared<const TokenCodec>(std::move(keys));
  const std::lock_guard lock(mutex_);
  codec_ = std::move(codec);
  return {};
}

std::shared_ptr<const TokenCodec> SigningKeys::codec() const {
  const std::lock_guard lock(mutex_);
  return codec_;
}

bool SigningKeys::learn(Call& call, std::string_view token) {
  if (!codec()->may_be_of_unknown_key(token)) return false;
  const auto now = call.host().monotonic_us();
  {
    const std::lock_guard lock(mutex_);
    if (now < next_learn_us_) return false;
    next_learn_us_ = now + kLearnIntervalUs;
  }
  const std::lock_guard lock(writing_);  // what is read must not be older than what a rotation has put here meanwhile
  const auto loaded = load(call);
  if (!loaded.ok()) {
    Log(call.host()).error("the signing keys could not be read again", {{"reason", loaded.error().what()}}, &call);
  }
  return loaded.ok();
}

Result<void> SigningKeys::rotate(Call& call) {
  const std::lock_guard lock(writing_);
  return rotate_locked(call);
}

Result<void> SigningKeys::rotate_locked(Call& call) {
  // newest also where the clock was put back
  const auto created = std::max(call.host().now_us(), codec()->keys().newest().created_us + 1);
  NEXUS_TRY(add_key(call, created));
  return load(call);
}

Result<void> SigningKeys::keep_up(Call& call, const Settings& settings) {
  const std::lock_guard lock(writing_);
  NEXUS_TRY(load(call));
  const auto now = call.host().now_us();
  const auto signs_until = codec()->keys().newest().created_us + settings.signing_key * kMicrosecondsPerSecond;
  if (settings.signing_key != 0 && signs_until <= now) {
    NEXUS_TRY(rotate_locked(call));
    Log(call.host()).info("a new signing key", {{"kid", codec()->keys().newest().kid}}, &call);
  }
  bool removed = false;
  for (const auto& key : key_facts(codec()->keys(), settings.session_absolute)) {
    if (!key.retires_us || *key.retires_us > now) continue;
    NEXUS_TRY(remove_key(call, key.kid));
    removed = true;
  }
  return removed ? load(call) : Result<void>();
}

}  // namespace nexus::auth
