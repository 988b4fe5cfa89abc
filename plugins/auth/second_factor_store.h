// auth_factors and auth_recovery_codes: SQL and nothing else.
#pragma once

#include <nexus/cpp/db.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

// Times in microseconds since the epoch.
struct Factor {
  std::int64_t user_id = 0;
  std::string sealed;  // the secret
  std::int64_t created_us = 0;
  std::optional<std::int64_t> enabled_us;  // absent while it was only set up
  std::int64_t last_step = 0;              // of the last code that was accepted
};

// On behalf of one call; every function blocks.
class SecondFactorStore {
 public:
  explicit SecondFactorStore(Call& call) noexcept : sql_(call) {}

  Result<std::optional<Factor>> find(std::int64_t user_id) const;
  // In place of one that is not enabled. Status::conflict, and nothing changed, where one is.
  Result<void> set_up(const Factor& factor) const;
  // False, and nothing changed, where that secret no longer waits for it.
  Result<bool> enable(const Factor& factor, std::int64_t step, const std::vector<std::string>& code_hashes) const;
  // False where the step, or a later one, was taken before.
  Result<bool> take_step(std::int64_t user_id, std::int64_t step) const;
  // False where there is no such code (any more).
  Result<bool> take_code(std::int64_t user_id, std::string_view hash) const;
  Result<void> replace_codes(std::int64_t user_id, const std::vector<std::string>& hashes) const;
  Result<std::int64_t> count_codes(std::int64_t user_id) const;
  // With its codes. False where there was none.
  Result<bool> remove(std::int64_t user_id) const;
  // Removes up to `limit` that were set up before and never enabled; answers how many.
  Result<std::int64_t> remove_pending(std::int64_t created_before_us, std::int64_t limit) const;

 private:
  Sql sql_;
};

}  // namespace nexus::auth
