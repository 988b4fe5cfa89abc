#include "sweeper.h"

#include "api_token_store.h"
#include "one_time_store.h"
#include "second_factor_store.h"
#include "session_store.h"

#include <nexus/cpp/log.h>

#include <algorithm>

namespace nexus::auth {
namespace {

// Answers the largest of the batches.
Result<std::int64_t> remove_ended(Call& call, std::int64_t now_us) {
  const auto ended_us = now_us - Sweeper::kKeepEndedUs;
  NEXUS_ASSIGN(const auto sessions, SessionStore(call).remove_ended(ended_us, Sweeper::kBatch));
  NEXUS_ASSIGN(const auto secrets, OneTimeStore(call).remove_expired(now_us, Sweeper::kBatch));
  NEXUS_ASSIGN(const auto tokens, ApiTokenStore(call).remove_expired(ended_us, Sweeper::kBatch));
  NEXUS_ASSIGN(const auto factors, SecondFactorStore(call).remove_pending(ended_us, Sweeper::kBatch));
  return std::max({sessions, secrets, tokens, factors});
}

}  // namespace

std::int64_t Sweeper::sweep(Call& call) const {
  const auto removed = remove_ended(call, host_->now_us());
  if (!removed.ok()) {
    Log(*host_).warning("what has ended could not be removed", {{"reason", removed.error().what()}}, &call);
    return kIntervalUs;
  }
  if (*removed >= kBatch) return kPauseBetweenBatchesUs;
  if (upkeep_) upkeep_(call);
  return kIntervalUs;
}

}  // namespace nexus::auth
