#include "api_token_service.h"

#include "address_list.h"
#include "random_ids.h"
#include "token_codec.h"

#include <nexus/cpp/time.h>

namespace nexus::auth {
namespace {

constexpr std::int64_t kDayUs = 86'400 * kMicrosecondsPerSecond;
constexpr std::size_t kShownLetters = 4;  // of 43: enough to tell tokens apart, and no help in guessing one

Result<void> check_scopes(const std::vector<std::string>& scopes, const ApiTokenService::Holds& holds) {
  for (const auto& scope : scopes) {
    if (scope == kEveryScope || scope == kElevatedScope || holds(scope)) continue;
    return Error::field("scopes", "scope", "auth.scope_not_held", {{"name", scope}});
  }
  return {};
}

Result<void> check_addresses(const std::vector<std::string>& networks) {
  for (const auto& network : networks) {
    if (parse_network(network)) continue;
    return Error::field("allowed_addresses", "address", "auth.not_an_address", {{"text", network}});
  }
  return {};
}

Result<std::optional<std::int64_t>> end_of(const ApiTokenWish& wish, std::int64_t now_us) {
  if (wish.never_expires) return std::optional<std::int64_t>();
  const auto end = wish.expires_us.value_or(now_us + kApiTokenDays * kDayUs);
  if (end <= now_us) return Error::field("expires_at", "future", "auth.token_end_is_past");
  if (end > now_us + kMaxApiTokenDays * kDayUs) {
    return Error::field("expires_at", "maximum", "auth.token_end_is_far", {{"days", std::to_string(kMaxApiTokenDays)}});
  }
  return std::optional(end);
}

}  // namespace

bool is_api_token(std::string_view bearer) noexcept {
  return bearer.substr(0, kApiTokenPrefix.size()) == kApiTokenPrefix;
}

std::string host_token_id(std::int64_t id) { return "nxp:" + std::to_string(id); }

Result<NewApiToken> ApiTokenService::make(std::int64_t user_id, const ApiTokenWish& wish, const Holds& holds) const {
  NEXUS_TRY(check_scopes(wish.scopes, holds));
  NEXUS_TRY(check_addresses(wish.allowed_addresses));
  NewApiToken made;
  auto& token = made.token;
  NEXUS_ASSIGN(token.expires_us, end_of(wish, now_us_));
  made.secret = std::string(kApiTokenPrefix) + random_token();
  token.user_id = user_id;
  token.hash = sha256_hex(made.secret);
  token.prefix = made.secret.substr(0, kApiTokenPrefix.size() + kShownLetters);
  token.name = wish.name;
  token.scopes = wish.scopes;
  token.allowed_addresses = wish.allowed_addresses;
  token.created_us = now_us_;
  NEXUS_ASSIGN(const auto id, store_.insert(token, kApiTokensPerUser));
  if (!id) return Error::api(code::kWrongState, "auth.too_many_tokens", {{"most", std::to_string(kApiTokensPerUser)}});
  token.id = *id;
  return made;
}

Result<ApiToken> ApiTokenService::authenticate(std::string_view bearer, std::string_view address) const {
  if (bearer.size() != kApiTokenPrefix.size() + kTokenLetters) return token_invalid();
  NEXUS_ASSIGN(auto token, store_.find_by_hash(sha256_hex(bearer)));
  if (!token) return token_invalid();
  if (token->expires_us && *token->expires_us <= now_us_) return token_expired();
  if (!allows(token->allowed_addresses, address)) {
    return token_invalid().because("API token " + std::to_string(token->id) + " may not be used from this address");
  }
  return *std::move(token);
}

bool ApiTokenService::is_stamp_due(const ApiToken& token) const noexcept {
  return !token.last_used_us || *token.last_used_us <= now_us_ - kStampSeconds * kMicrosecondsPerSecond;
}

}  // namespace nexus::auth
