// The rules about API tokens: "nxp_" and 256 random bits, for programs that act for their owner.
#pragma once

#include "api_token_store.h"

#include <nexus/cpp/result.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

inline constexpr std::string_view kApiTokenPrefix = "nxp_";
// More than anybody keeps apart.
inline constexpr std::int64_t kApiTokensPerUser = 50;
inline constexpr std::int64_t kApiTokenDays = 90;      // where its owner names no end
inline constexpr std::int64_t kMaxApiTokenDays = 366;  // further ahead only "never", which is said on purpose
// The last use is written down at most so often: a read must not become a write.
inline constexpr std::int64_t kStampSeconds = 60;

// A scope beside the names of permissions: all that the owner holds.
inline constexpr std::string_view kEveryScope = "*";
// A scope that names no permission: routes that need a recent authentication are open to the token.
inline constexpr std::string_view kElevatedScope = "elevated";

bool is_api_token(std::string_view bearer) noexcept;
// "nxp:5", by which the host knows the token with that id.
std::string host_token_id(std::int64_t id);

struct ApiTokenWish {
  std::string name;
  std::vector<std::string> scopes;
  std::vector<std::string> allowed_addresses;
  bool never_expires = false;
  std::optional<std::int64_t> expires_us;  // absent: kApiTokenDays from now
};

struct NewApiToken {
  ApiToken token;
  std::string secret;  // the whole token, shown once
};

// On behalf of one call, at one moment.
class ApiTokenService {
 public:
  // Whether there is a permission of that name, and the caller holds it.
  using Holds = std::function<bool(std::string_view permission)>;

  ApiTokenService(ApiTokenStore store, std::int64_t now_us) noexcept : store_(store), now_us_(now_us) {}

  // 42201 with the field that is wrong, 40903 where the user has as many as he may.
  Result<NewApiToken> make(std::int64_t user_id, const ApiTokenWish& wish, const Holds& holds) const;
  // Which token `bearer` is, used from `address`: 40002 where it has expired, 40003 where it is none or not from there.
  Result<ApiToken> authenticate(std::string_view bearer, std::string_view address) const;
  // Whether a use now is to be written down.
  bool is_stamp_due(const ApiToken& token) const noexcept;

 private:
  ApiTokenStore store_;
  std::int64_t now_us_;
};

}  // namespace nexus::auth
