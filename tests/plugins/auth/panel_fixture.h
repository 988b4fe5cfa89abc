// The whole plugin in a FakeHost; the accounts are played by the test.
#pragma once

#include "base32.h"
#include "totp.h"

#include <nexus/cpp/contracts/credentials.h>
#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace nexus::test {

using nexus::testing::Principal;

inline testing::Options impatient() {
  testing::Options options;
  options.automatic_clock = true;  // an answer that is kept back comes at once, by the fake clock
  return options;
}

struct Panel {
  explicit Panel(const std::string& config = "{}", testing::Options options = {}) : host(std::move(options)) {
    john.id = 7;
    john.username = "johndoe";
    john.email = "john@example.com";
    john.role = "user";
    john.status = "active";
    john.language = "zh-CN";
    john.created_us = 1'704'067'200 * kMicrosecondsPerSecond;
    host.fake_service(std::string(contracts::kCredentialsService),
                      [this](std::string_view method, std::string_view payload) { return answer(method, payload); });
    host.set_config(config);
    REQUIRE(host.load_file(AUTH_PLUGIN).ok());
    REQUIRE(host.start().ok());
  }

  Result<std::string> answer(std::string_view method, std::string_view payload) {
    asked.emplace_back(method);
    last_payload = parse_json(payload).value();
    if (trouble != Status::ok) return Error(trouble, "trouble");
    if (method == "signed_in" || method == "failed") return encode_answer(Json::object());
    if (method == "is_open") return encode_answer(Json{{"open", open}});
    const bool by_name = method == "get" || method == "find";
    const bool other = method == "find" ? last_payload["username"] != john.username
                                        : last_payload.contains("id") && last_payload["id"] != john.id;
    if (gone || other) return encode_answer(Error::api(by_name ? code::kNotFound : code::kBadCredentials));
    if (method == "verify" || method == "check_password") {
      if (last_payload["password"] != password || !john.active()) {
        return encode_answer(Error::api(code::kBadCredentials));
      }
      if (const auto hook = std::exchange(while_checking, nullptr)) hook();
    }
    return method == "change_password" ? change_password() : encode_answer(contracts::to_json(john));
  }

  Result<std::string> change_password() {
    if (last_payload["old_password"] != password) return encode_answer(Error::api(code::kBadCredentials));
    if (last_payload["password"] == "password123") {
      return encode_answer(Error::field("password", "common", "users.password_common"));
    }
    password = last_payload["password"];
    john.password_changed_us = host.sdk().now_us();
    if (const auto hook = std::exchange(while_changing, nullptr)) hook();
    return encode_answer(contracts::to_json(john));
  }

  testing::Answer try_log_in() {
    return host.post("/api/v1/auth/login", {{"username", john.username}, {"password", password}}, Principal::nobody());
  }
  Json log_in() {
    const auto answer = try_log_in();
    REQUIRE(answer.http_status == 200);
    return answer.data;
  }
  testing::AuthenticationAnswer authenticate(const Json& tokens) {
    return host.authenticate(tokens["access_token"].get<std::string>()).value();
  }
  Principal principal(const Json& tokens) {
    const auto answer = authenticate(tokens);
    REQUIRE(answer.app_code == 0);
    return answer.who;
  }
  testing::Answer refresh(const Json& tokens) {
    return host.post("/api/v1/auth/refresh", {{"refresh_token", tokens["refresh_token"]}}, Principal::nobody());
  }

  // The code of the app, `steps` steps from now.
  std::string code(const std::string& of_secret, std::int64_t steps = 0) {
    const auto now = host.sdk().now_us() / kMicrosecondsPerSecond / auth::kTotpStepSeconds;
    return auth::hotp_code(auth::base32_decode(of_secret).value(), static_cast<std::uint64_t>(now + steps));
  }
  // Turns the second factor on; afterwards `secret` and `recovery` are known, and the code of the step is spent.
  void enable_second_factor(const Principal& who) {
    const auto setup = host.post("/api/v1/auth/2fa/setup", Json::object(), who);
    REQUIRE(setup.http_status == 200);
    secret = setup.data["secret"];
    const auto enabled = host.post("/api/v1/auth/2fa/enable", {{"code", code(secret)}}, who);
    REQUIRE(enabled.http_status == 200);
    recovery = enabled.data["recovery_codes"].get<std::vector<std::string>>();
  }
  std::int64_t count_asked(const std::string& method) const { return std::count(asked.begin(), asked.end(), method); }
  // Zero where there was none.
  testing::Invalidation last_invalidation() const {
    const auto all = host.invalidations();
    return all.empty() ? testing::Invalidation() : all.back();
  }
  std::int64_t rows(const std::string& table) {
    auto call = host.call();
    return *Sql(*call).number("SELECT COUNT(*) FROM " + table);
  }

  contracts::User john;
  std::string password = "SecureP@ss123";
  bool gone = false;
  bool open = true;
  Status trouble = Status::ok;
  std::function<void()> while_checking;  // after a password was found right, before that is answered
  std::function<void()> while_changing;  // between the new password and its answer
  std::vector<std::string> asked;
  Json last_payload;
  std::string secret;
  std::vector<std::string> recovery;
  testing::FakeHost host;
};

inline std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [name, value] : object.items()) names.push_back(name);
  return names;
}

}  // namespace nexus::test
