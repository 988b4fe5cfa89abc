// Forgets old sessions, and what a panel that ended early left open.
#pragma once

#include "session_registry.h"

namespace nexus::terminal {

// Once at start, before the first session: sessions that were open are `interrupted`, and their recordings are mended.
Result<void> close_interrupted(Call& call, const SessionRegistry& sessions);

// Sessions that ended before, with their recordings, a batch at a time. Answers when the next is due, in microseconds.
std::int64_t remove_old(Call& call, const SessionRegistry& sessions);

}  // namespace nexus::terminal
