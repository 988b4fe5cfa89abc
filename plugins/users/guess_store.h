// users_guesses: SQL and nothing else.
#pragma once

#include "guess_counter.h"

#include <nexus/cpp/db.h>

#include <string>
#include <string_view>
#include <vector>

namespace nexus::users {

// The counter of an account for one network; an empty network stands for all that are not known.
struct GuessRow {
  std::int64_t id = 0;
  std::string network;
  std::int64_t known_us = 0;  // the last log-in from there
  GuessCounter counter;
};

// On behalf of one call; every function blocks. Inside transactions rows are changed by their id and only where they
// were seen, because MariaDB locks the gap where it finds none, and two transactions with gaps wait for each other.
class GuessStore {
 public:
  explicit GuessStore(const Sql& sql) noexcept : sql_(sql) {}

  // That of `network` and the common one, as far as they are there.
  Result<std::vector<GuessRow>> find(std::int64_t account_id, std::string_view network) const;
  // Status::conflict where it is there by now.
  Result<void> insert(std::int64_t account_id, const GuessRow& row) const;
  // False where it is no longer `from`.
  Result<bool> replace(std::int64_t row_id, const GuessCounter& from, const GuessCounter& to) const;
  // Changes one row, as replace does, and no counter of anybody's.
  Result<void> write_in_vain(std::int64_t now_us) const;

  // A log-in: the row is known at `now_us`, and its counter as new.
  Result<void> know(std::int64_t row_id, std::int64_t now_us) const;
  Result<void> remove_row(std::int64_t row_id) const;
  // Forgets all known networks but the `kept` last used.
  Result<void> forget_oldest(std::int64_t account_id, std::int64_t kept) const;
  // All counters are as new; known networks stay known.
  Result<void> reset(std::int64_t account_id) const;
  Result<void> remove(std::int64_t account_id) const;

  // Removes at most `limit` rows that say nothing any more; answers how many.
  Result<std::int64_t> remove_old(std::int64_t failed_before_us, std::int64_t known_before_us,
                                  std::int64_t limit) const;

 private:
  Sql sql_;
};

}  // namespace nexus::users
