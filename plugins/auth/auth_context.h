// What the parts of this plugin share.
#pragma once

#include "credentials_client.h"
#include "session_service.h"

#include <nexus/cpp/auth.h>
#include <nexus/cpp/log.h>

#include <memory>
#include <mutex>

namespace nexus::auth {

// Made in setup, filled in start, constant afterwards but for the settings. Thread-safe from start on.
class AuthContext {
 public:
  AuthContext(const Host& host, CredentialsClient credentials) noexcept
      : host_(&host), credentials_(credentials), log_(host) {}

  const Host& host() const noexcept { return *host_; }
  const CredentialsClient& credentials() const noexcept { return credentials_; }
  const Log& log() const noexcept { return log_; }

  void use_keys(KeyRing keys) { codec_ = std::make_unique<TokenCodec>(std::move(keys)); }
  void use_settings(const Settings& settings) {
    const std::lock_guard lock(mutex_);
    settings_ = settings;
  }
  Settings settings() const {
    const std::lock_guard lock(mutex_);
    return settings_;
  }

  // The rules as they are now, for one call. Sessions that they end are forgotten by the host at once.
  SessionService sessions(Call& call) const {
    return SessionService(SessionStore(call), *codec_, settings(), host_->now_us(),
                          [this](std::string_view session_id) { invalidate_session(*host_, session_id); });
  }

 private:
  const Host* host_;
  CredentialsClient credentials_;
  Log log_;
  std::unique_ptr<TokenCodec> codec_;
  mutable std::mutex mutex_;
  Settings settings_;
};

}  // namespace nexus::auth
