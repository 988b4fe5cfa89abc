// The rules about second factors: one secret a person, shared with an authenticator app, and ten codes for its loss.
#pragma once

#include "second_factor_store.h"

#include <nexus/cpp/result.h>
#include <nexus/cpp/secrets.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nexus::auth {

struct FactorStatus {
  std::optional<std::int64_t> enabled_us;  // absent: off
  std::int64_t recovery_codes_left = 0;
};

// What the person's app needs. Shown once.
struct FactorSetup {
  std::string secret;  // base 32
  std::string otpauth_uri;
};

// A wrong code: 40001.
Error wrong_code();

// On behalf of one call, at one moment. Whoever calls has made sure that the person may.
class SecondFactorService {
 public:
  // `host` seals the secrets; it must outlive this.
  SecondFactorService(const Host& host, SecondFactorStore store, std::int64_t now_us) noexcept
      : host_(&host), store_(store), now_us_(now_us) {}

  Result<bool> is_enabled(std::int64_t user_id) const;
  Result<FactorStatus> status(std::int64_t user_id) const;
  // A new secret that waits to be enabled, in place of one that waits already. 40903 where one is enabled.
  Result<FactorSetup> set_up(std::int64_t user_id, std::string_view user_name) const;
  // Takes the first code of that secret and answers the recovery codes. 40001 for a wrong code, 40903 where none waits.
  Result<std::vector<std::string>> enable(std::int64_t user_id, std::string_view code) const;
  // Whether `code`, of the app or for recovery, is good; then it is spent. False where there is no second factor.
  Result<bool> accepts(std::int64_t user_id, std::string_view code) const;
  // Ten new codes; the old ones are over. 40903 where there is no second factor.
  Result<std::vector<std::string>> renew_codes(std::int64_t user_id) const;
  // False where there was none.
  Result<bool> remove(std::int64_t user_id) const { return store_.remove(user_id); }

 private:
  Result<SecretString> open(const Factor& factor) const;
  Result<bool> accepts_totp(const Factor& factor, std::string_view secret, std::string_view code) const;

  const Host* host_;
  SecondFactorStore store_;
  std::int64_t now_us_;
};

}  // namespace nexus::auth
