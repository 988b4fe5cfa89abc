// What the parts of this plugin share.
#pragma once

#include "api_token_service.h"
#include "credentials_client.h"
#include "key_rotation.h"
#include "one_time_secrets.h"
#include "password_changes.h"
#include "second_factor_service.h"
#include "session_service.h"

#include <nexus/cpp/auth.h>
#include <nexus/cpp/log.h>

#include <mutex>

namespace nexus::auth {

// Made in setup, filled in start. Thread-safe from start on.
class AuthContext {
 public:
  AuthContext(const Host& host, CredentialsClient credentials) noexcept
      : host_(&host), credentials_(credentials), log_(host) {}

  const Host& host() const noexcept { return *host_; }
  const CredentialsClient& credentials() const noexcept { return credentials_; }
  const Log& log() const noexcept { return log_; }
  SigningKeys& keys() const noexcept { return keys_; }
  PasswordChanges& password_changes() const noexcept { return password_changes_; }

  void use_settings(const Settings& settings) {
    const std::lock_guard lock(mutex_);
    settings_ = settings;
  }
  Settings settings() const {
    const std::lock_guard lock(mutex_);
    return settings_;
  }

  // The rules as they are now, for one call. Sessions that they end or change are forgotten by the host at once.
  SessionService sessions(Call& call) const {
    return SessionService(SessionStore(call), keys_.codec(), settings(), host_->now_us(),
                          [this](std::string_view session_id) { invalidate_session(*host_, session_id); });
  }
  SecondFactorService second_factors(Call& call) const {
    return SecondFactorService(*host_, SecondFactorStore(call), host_->now_us());
  }
  OneTimeSecrets one_time_secrets(Call& call) const { return OneTimeSecrets(OneTimeStore(call), host_->now_us()); }
  ApiTokenService api_tokens(Call& call) const { return ApiTokenService(ApiTokenStore(call), host_->now_us()); }

 private:
  const Host* host_;
  CredentialsClient credentials_;
  Log log_;
  mutable SigningKeys keys_;
  mutable PasswordChanges password_changes_;
  mutable std::mutex mutex_;
  Settings settings_;
};

}  // namespace nexus::auth
