// The rules about guessing: which counter an attempt belongs to, and what a failure and a log-in do to it.
#pragma once

#include "guess_store.h"

#include <string>
#include <string_view>

namespace nexus::users {

// What names nobody have count to.
inline constexpr std::int64_t kNobody = 0;

// The counter that attempts on an account from one network belong to, as it was when it was looked at.
struct Gate {
  std::int64_t account_id = kNobody;
  std::int64_t row_id = 0;  // 0: nothing was counted yet
  GuessCounter counter;
  bool open = true;
};

// On behalf of one call. `network` is network_of() of a client's address. Counters are changed by comparing and
// replacing, so that of two failures at once none is lost and a closed counter counts none.
class GuessGuard {
 public:
  GuessGuard(const Sql& sql, std::int64_t now_us) noexcept : store_(sql), now_us_(now_us) {}

  Result<Gate> look(std::int64_t account_id, std::string_view network) const;
  // Counts one failure of `gate`, which look(gate.account_id, network) gave, where the counter is (still) open. Writes
  // as much where it is closed, and for kNobody.
  Result<void> fail(Gate gate, std::string_view network) const;

  // Forgets what was counted at `network` and knows it from now on; where it was not known, forgets what was counted
  // for all such. Several statements: give it a transaction.
  Result<void> signed_in(std::int64_t account_id, const std::string& network) const;
  // By an operator's hand: all counters of the account are as new.
  Result<void> unlock(std::int64_t account_id) const { return store_.reset(account_id); }
  Result<void> remove(std::int64_t account_id) const { return store_.remove(account_id); }

 private:
  Result<bool> count(const Gate& gate) const;

  GuessStore store_;
  std::int64_t now_us_;
};

}  // namespace nexus::users
