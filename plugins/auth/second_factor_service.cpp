#include "second_factor_service.h"

#include "base32.h"
#include "random_ids.h"
#include "recovery_codes.h"
#include "totp.h"

#include <nexus/cpp/time.h>

namespace nexus::auth {
namespace {

// A row opens only as itself.
std::string factor_context(std::int64_t user_id) { return "auth_factors/" + std::to_string(user_id); }

Error already_enabled() { return Error::api(code::kWrongState, "auth.second_factor_is_on"); }
Error not_enabled() { return Error::api(code::kWrongState, "auth.second_factor_is_off"); }

std::vector<std::string> hashes_of(std::string_view secret, const std::vector<std::string>& codes) {
  std::vector<std::string> hashes;
  hashes.reserve(codes.size());
  for (const auto& code : codes) hashes.push_back(recovery_code_hash(secret, fold_recovery_code(code).value()));
  return hashes;
}

}  // namespace

Error wrong_code() { return Error::api(code::kBadCredentials, "auth.wrong_code"); }

Result<SecretString> SecondFactorService::open(const Factor& factor) const {
  auto secret = open_sealed(*host_, factor.sealed, factor_context(factor.user_id));
  if (secret.ok()) return secret;
  // no fault of the client's, whatever the status
  return Error(Status::internal, "the second factor of user " + std::to_string(factor.user_id) + " cannot be opened");
}

Result<bool> SecondFactorService::is_enabled(std::int64_t user_id) const {
  NEXUS_ASSIGN(const auto factor, store_.find(user_id));
  return factor && factor->enabled_us;
}

Result<FactorStatus> SecondFactorService::status(std::int64_t user_id) const {
  NEXUS_ASSIGN(const auto factor, store_.find(user_id));
  if (!factor || !factor->enabled_us) return FactorStatus{};
  NEXUS_ASSIGN(const auto left, store_.count_codes(user_id));
  return FactorStatus{factor->enabled_us, left};
}

Result<FactorSetup> SecondFactorService::set_up(std::int64_t user_id, std::string_view user_name) const {
  const auto secret = random_bytes(kTotpSecretBytes);
  NEXUS_ASSIGN(auto sealed, seal(*host_, secret.view(), factor_context(user_id)));
  const auto stored = store_.set_up({user_id, std::move(sealed), now_us_, {}, 0});
  if (!stored.ok()) return stored.error().status() == Status::conflict ? already_enabled() : stored.error();
  return FactorSetup{base32_encode(secret.view()), otpauth_uri(user_name, secret.view())};
}

Result<std::vector<std::string>> SecondFactorService::enable(std::int64_t user_id, std::string_view code) const {
  NEXUS_ASSIGN(auto factor, store_.find(user_id));
  if (!factor) return Error::api(code::kWrongState, "auth.second_factor_not_set_up");
  if (factor->enabled_us) return already_enabled();
  NEXUS_ASSIGN(const auto secret, open(*factor));
  const auto step = find_totp_step(secret.view(), code, now_us_ / kMicrosecondsPerSecond, factor->last_step);
  if (!step) return wrong_code();
  factor->enabled_us = now_us_;
  auto codes = make_recovery_codes();
  NEXUS_ASSIGN(const bool done, store_.enable(*factor, *step, hashes_of(secret.view(), codes)));
  if (!done) return Error::api(code::kWrongState, "auth.second_factor_not_set_up");
  return codes;
}

Result<bool> SecondFactorService::accepts(std::int64_t user_id, std::string_view code) const {
  NEXUS_ASSIGN(const auto factor, store_.find(user_id));
  if (!factor || !factor->enabled_us) return false;
  NEXUS_ASSIGN(const auto secret, open(*factor));
  if (const auto folded = fold_recovery_code(code)) {
    return store_.take_code(user_id, recovery_code_hash(secret.view(), *folded));
  }
  return accepts_totp(*factor, secret.view(), code);
}

Result<bool> SecondFactorService::accepts_totp(const Factor& factor, std::string_view secret,
                                               std::string_view code) const {
  const auto step = find_totp_step(secret, code, now_us_ / kMicrosecondsPerSecond, factor.last_step);
  if (!step) return false;
  return store_.take_step(factor.user_id, *step);  // of two that come at once, one
}

Result<std::vector<std::string>> SecondFactorService::renew_codes(std::int64_t user_id) const {
  NEXUS_ASSIGN(const auto factor, store_.find(user_id));
  if (!factor || !factor->enabled_us) return not_enabled();
  NEXUS_ASSIGN(const auto secret, open(*factor));
  auto codes = make_recovery_codes();
  NEXUS_TRY(store_.replace_codes(user_id, hashes_of(secret.view(), codes)));
  return codes;
}

}  // namespace nexus::auth
