#include "guess_guard.h"

#include <algorithm>

namespace nexus::users {
namespace {

// Each lost race means that another attempt was counted, of which there are at most as many at once as hashing threads
// and second factors under way.
constexpr int kMaxTries = 16;

// The row of a network, or the common one; null where it is not there.
const GuessRow* row_of(const std::vector<GuessRow>& rows, bool of_network) noexcept {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const GuessRow& row) { return row.network.empty() != of_network; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

Result<Gate> GuessGuard::look(std::int64_t account_id, std::string_view network) const {
  NEXUS_ASSIGN(const auto rows, store_.find(account_id, network));
  const auto* row = row_of(rows, true);
  if (row == nullptr || row->known_us <= now_us_ - kKnownUs) row = row_of(rows, false);
  Gate gate;
  gate.account_id = account_id;
  if (row == nullptr) return gate;
  gate.row_id = row->id;
  gate.counter = row->counter;
  gate.open = account_id == kNobody || row->counter.is_open(now_us_);
  return gate;
}

Result<void> GuessGuard::fail(Gate gate, std::string_view network) const {
  for (int i = 0; i < kMaxTries; ++i) {
    if (gate.account_id == kNobody || !gate.open) return store_.write_in_vain(now_us_);
    NEXUS_ASSIGN(const bool counted, count(gate));
    if (counted) return {};
    NEXUS_ASSIGN(gate, look(gate.account_id, network));
  }
  return Error(Status::busy, "a counter of wrong passwords changes too fast");
}

Result<bool> GuessGuard::count(const Gate& gate) const {
  const auto next = after_failure(gate.counter, now_us_);
  if (gate.row_id != 0) return store_.replace(gate.row_id, gate.counter, next);
  const auto inserted = store_.insert(gate.account_id, {0, "", 0, next});
  if (!inserted.ok() && inserted.error().status() == Status::conflict) return false;
  if (!inserted.ok()) return inserted.error();
  return true;
}

Result<void> GuessGuard::signed_in(std::int64_t account_id, const std::string& network) const {
  NEXUS_ASSIGN(const auto rows, store_.find(account_id, network));
  const auto* own = row_of(rows, true);
  const auto* common = row_of(rows, false);
  const bool known = own != nullptr && own->known_us > now_us_ - kKnownUs;
  if (!known && common != nullptr) NEXUS_TRY(store_.remove_row(common->id));
  if (network.empty()) return {};
  if (own != nullptr) return store_.know(own->id, now_us_);
  NEXUS_TRY(store_.insert(account_id, {0, network, now_us_, {}}));
  return store_.forget_oldest(account_id, kMaxKnownNetworks);
}

}  // namespace nexus::users
