#include "guess_sweeper.h"

#include "guess_store.h"

#include <nexus/cpp/log.h>

namespace nexus::users {

std::int64_t GuessSweeper::sweep(Call& call) const {
  const auto now = host_->now_us();
  const auto removed = GuessStore(Sql(call)).remove_old(now - kDecayUs, now - kKnownUs, kBatch);
  if (!removed.ok()) {
    Log(*host_).warning("old counters of wrong passwords could not be removed", {{"reason", removed.error().what()}},
                        &call);
    return kIntervalUs;
  }
  return *removed < kBatch ? kIntervalUs : kPauseBetweenBatchesUs;
}

}  // namespace nexus::users
