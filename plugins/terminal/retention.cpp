#include "retention.h"

namespace nexus::terminal {
namespace {

constexpr std::int64_t kIntervalUs = 3'600 * kMicrosecondsPerSecond;
constexpr std::int64_t kPauseBetweenBatchesUs = kMicrosecondsPerSecond;
constexpr std::int64_t kBatch = 100;

// Answers how many.
Result<std::int64_t> remove_batch(Call& call, const SessionRegistry& sessions) {
  const auto before_us = call.host().now_us() - sessions.settings().keep_recordings * kMicrosecondsPerSecond;
  const SessionStore store(call);
  NEXUS_ASSIGN(const auto ids, store.list_ended_before(before_us, kBatch));
  for (const auto id : ids) {
    if (!sessions.remove_recording(id)) return Error(Status::internal, "a recording's file stays");
    NEXUS_TRY(store.remove(id));
  }
  return static_cast<std::int64_t>(ids.size());
}

}  // namespace

Result<void> close_interrupted(Call& call, const SessionRegistry& sessions) {
  const SessionStore store(call);
  NEXUS_ASSIGN(auto left, store.list_open());
  for (auto& row : left) {
    row.ended_us = call.host().now_us();
    row.end_reason = "interrupted";
    row.is_cut = true;
    if (const auto size = ZstdFile::mend(sessions.recording_path(row.id)); size.ok()) row.recording_bytes = *size;
    NEXUS_TRY(store.set_ended(row, {}));
  }
  return {};
}

std::int64_t remove_old(Call& call, const SessionRegistry& sessions) {
  const auto removed = remove_batch(call, sessions);
  if (removed.ok()) return *removed == kBatch ? kPauseBetweenBatchesUs : kIntervalUs;
  Log(call.host()).warning("old sessions could not be removed", {{"reason", removed.error().what()}}, &call);
  return kIntervalUs;
}

}  // namespace nexus::terminal
