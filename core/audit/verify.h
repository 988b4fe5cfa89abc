// Walks the whole chain and finds the first entry that is not as it was written.
#pragma once

#include "core/audit/chain.h"

#include <nexus/cpp/result.h>
#include <nexus/storage/database.h>

#include <cstdint>
#include <optional>
#include <string>

namespace nexus::core::audit {

struct Verdict {
  std::int64_t first = 0;  // of the entries that were found good; 0: there are none
  std::int64_t last = 0;
  std::string fault;  // what is wrong, and with which entry; empty: nothing

  std::int64_t count() const noexcept { return first == 0 ? 0 : last - first + 1; }
};

// Reads in batches, beside a panel that writes and prunes: it checks up to the entry that is the newest when it begins.
// `outside` is the mark of the head file, read before. Fails where the database cannot be read.
Result<Verdict> verify(storage::Database& database, const Chain& chain, const std::optional<Mark>& outside);

}  // namespace nexus::core::audit
