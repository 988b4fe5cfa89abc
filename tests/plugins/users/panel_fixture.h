// The whole plugin in a FakeHost, with accounts.
#pragma once

#include <nexus/cpp/contracts/credentials.h>
#include <nexus/testing/fake_host.h>

#include <doctest/doctest.h>

#include <cstdlib>
#include <string>
#include <vector>

namespace nexus::users {

inline const Json kJohn = {
    {"username", "johndoe"}, {"email", "john@example.com"}, {"password", "SecureP@ss123"}, {"language", "zh-CN"}};

struct Panel {
  static constexpr const char* kPassword = "SecureP@ss123";
  static constexpr const char* kAdminPassword = "Adm1n-of-the-Panel";

  Panel() {
    ::setenv("NEXUS_ADMIN_PASSWORD", kAdminPassword, 1);
    REQUIRE(host.load_file(USERS_PLUGIN).ok());
    REQUIRE(host.start().ok());
  }
  Result<Json> ask(const char* method, const Json& payload) {
    return decode_answer(host.ask(std::string(contracts::kCredentialsService), method, payload));
  }
  std::int64_t add(const std::string& name) {
    const auto user = ask("create", {{"username", name}, {"email", name + "@example.com"}, {"password", kPassword}});
    REQUIRE(user.ok());
    return contracts::user_from(*user).id;
  }
  contracts::User get(std::int64_t id) {
    const auto user = ask("get", {{"id", id}});
    REQUIRE(user.ok());
    return contracts::user_from(*user);
  }
  Result<Json> verify(const std::string& name, const std::string& password, const std::string& address = "192.0.2.1") {
    return ask("verify", {{"username", name}, {"password", password}, {"address", address}});
  }
  bool opens(const std::string& name, const std::string& password, const std::string& address = "192.0.2.1") {
    const auto answer = verify(name, password, address);
    if (!answer.ok()) CHECK(answer.error().app_code() == code::kBadCredentials);
    return answer.ok();
  }
  void log_in(std::int64_t id, const std::string& address) {
    REQUIRE(ask("signed_in", {{"id", id}, {"address", address}}).ok());
  }
  // Wrong passwords for `name`.
  void guess(const std::string& name, int times, const std::string& address) {
    for (int i = 0; i < times; ++i) CHECK_FALSE(opens(name, "not-the-password", address));
  }
  testing::Answer send(const std::string& method, const std::string& path, const Json& body,
                       const testing::Principal& who, const std::map<std::string, std::string>& headers = {}) {
    return host.send({.method = method, .target = path, .body = dump(body), .who = who, .headers = headers});
  }

  testing::FakeHost host;
};

inline std::string path_of(std::int64_t id, const std::string& rest = {}) {
  return "/api/v1/users/" + std::to_string(id) + rest;
}

}  // namespace nexus::users
