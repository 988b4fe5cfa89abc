// Sessions on a real SQLite, with a clock that the test moves.
#pragma once

#include "auth_resources.h"
#include "session_service.h"

#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace nexus::test {

struct Sessions {
  Sessions() {
    REQUIRE(host.use(auth_resources()).ok());
    std::vector<auth::SigningKey> keys;
    keys.push_back({"key-1", SecretString(std::string(auth::kSigningKeyBytes, 'k')), 1, {}});
    codec = std::make_shared<const auth::TokenCodec>(auth::KeyRing::from(std::move(keys)).value());
  }

  auth::SessionStore store() { return auth::SessionStore(*call); }
  auth::SessionService service() {
    return auth::SessionService(store(), codec, settings, now, [this](std::string_view id) { ended.emplace_back(id); });
  }
  auth::Tokens open(std::int64_t user_id = 7) {
    auto tokens = service().open(user_id, {"192.0.2.1", "a browser"}, now);
    REQUIRE(tokens.ok());
    return std::move(tokens).value();
  }
  // 0, or the code that a request with this access token gets.
  std::int32_t access(const std::string& token) {
    const auto found = service().authenticate(token);
    return found.ok() ? 0 : found.error().app_code();
  }
  // One whole refresh.
  Result<auth::Tokens> refresh(const std::string& token, bool rotate = false) {
    NEXUS_ASSIGN(const auto session, service().find_by_refresh_token(token));
    return service().renew(session, rotate);
  }
  std::int32_t refresh_code(const std::string& token, bool rotate = false) {
    const auto tokens = refresh(token, rotate);
    return tokens.ok() ? 0 : tokens.error().app_code();
  }
  void pass(std::int64_t seconds) { now += seconds * kMicrosecondsPerSecond; }

  testing::FakeHost host{testing::Options{}, "auth"};
  testing::TestCall call = host.call();
  std::shared_ptr<const auth::TokenCodec> codec;
  auth::Settings settings;
  std::int64_t now = 1'704'067'200 * kMicrosecondsPerSecond;
  std::vector<std::string> ended;
};

}  // namespace nexus::test
