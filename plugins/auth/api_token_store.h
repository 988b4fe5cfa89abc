// auth_api_tokens: SQL and nothing else.
#pragma once

#include <nexus/cpp/db.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

// Times in microseconds since the epoch.
struct ApiToken {
  std::int64_t id = 0;
  std::int64_t user_id = 0;
  std::string hash;    // SHA-256 of the token
  std::string prefix;  // its first letters, by which people know it again
  std::string name;
  std::vector<std::string> scopes;
  std::vector<std::string> allowed_addresses;  // empty: all
  std::int64_t created_us = 0;
  std::optional<std::int64_t> expires_us;  // absent: never
  std::optional<std::int64_t> last_used_us;
  std::optional<std::string> last_used_address;
};

// On behalf of one call; every function blocks.
class ApiTokenStore {
 public:
  explicit ApiTokenStore(Call& call) noexcept : sql_(call) {}

  // Its id; nullopt, and nothing changed, where the user has `most` already.
  Result<std::optional<std::int64_t>> insert(const ApiToken& token, std::int64_t most) const;
  Result<std::optional<ApiToken>> find_by_hash(std::string_view hash) const;
  Result<std::vector<ApiToken>> list(std::int64_t user_id, std::int64_t limit, std::int64_t offset) const;
  Result<std::int64_t> count(std::int64_t user_id) const;
  // Unless it was used since `before_us`.
  Result<void> stamp_use(std::int64_t id, std::int64_t now_us, std::string_view address, std::int64_t before_us) const;
  // False where the user has no such token.
  Result<bool> remove(std::int64_t id, std::int64_t user_id) const;
  // Removes up to `limit` that ended before; answers how many.
  Result<std::int64_t> remove_expired(std::int64_t ended_before_us, std::int64_t limit) const;

 private:
  Sql sql_;
};

}  // namespace nexus::auth
